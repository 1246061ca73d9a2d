"""Saving a filter of the queue under a name; sharing, ordering and deleting it.

One's own views are their owner's. Those that are shared are changed by their author and by admins.
"""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from sqlalchemy import delete, update

from portal.errors import Invalid
from portal.extensions import db
from portal.models.people import Actor, User
from portal.models.tickets import SavedView
from portal.queries.tickets import saved_views as queries
from portal.queries.tickets.lists.ticket_filter import TicketFilter, View
from portal.security import permissions

MAX_NAME = 60
KEYS = range(1, 10)


def create(
    *, actor: Actor, name: str, query: str, shared: bool = False, key: int | None = None
) -> SavedView:
    """The last of its kind. Raises Invalid."""
    permissions.require(permissions.can_triage(actor))
    view = SavedView(owner_id=actor.id, query=normal_query(query))
    _set(view, name=name, shared=shared, key=key)
    db.session.add(view)
    db.session.flush()
    return view


def change(
    *, actor: Actor, view: SavedView, name: str, shared: bool, key: int | None = None
) -> SavedView:
    """Rename it, share it or not, give it a key. Raises Invalid.

    Who takes back a shared view that somebody else made becomes its owner.
    """
    permissions.require(permissions.can_change_view(actor, view))
    if view.shared and not shared:
        view.owner_id = actor.id
    _set(view, name=name, shared=shared, key=key)
    return view


def set_query(*, actor: Actor, view: SavedView, query: str) -> None:
    """Give it other conditions. Raises Invalid."""
    permissions.require(permissions.can_change_view(actor, view))
    view.query = normal_query(query)


def move(*, actor: Actor, view: SavedView, by: int) -> None:
    """Change places with a neighbour: -1 is the one before. The first stays first."""
    permissions.require(permissions.can_change_view(actor, view))
    order = list(queries.beside(view))
    at = order.index(view)
    order.insert(min(max(at + by, 0), len(order) - 1), order.pop(at))
    for position, one in enumerate(order):
        if one.position != position:
            one.position = position


def delete_view(*, actor: Actor, view: SavedView) -> None:
    permissions.require(permissions.can_change_view(actor, view))
    db.session.delete(view)


def release(user: User) -> None:
    """Of somebody who is erased: own ones go, shared ones belong to the desk."""
    own = SavedView.owner_id == user.id
    db.session.execute(delete(SavedView).where(own, SavedView.shared.is_(False)))
    db.session.execute(update(SavedView).where(own).values(owner_id=None))


def normal_query(query: str) -> str:
    """A filter as one spells it, without a cursor. Raises Invalid."""
    return filter_of(query).to_query(saved="")


def filter_of(query: str) -> TicketFilter:
    """The filter of a query string. Raises Invalid if it has a condition that none can have."""
    args: Mapping[str, str] = dict(parse_qsl(query))
    try:
        return TicketFilter.from_args(args, view=View.ALL)
    except Invalid:
        raise Invalid(query="unknown") from None


def _set(view: SavedView, *, name: str, shared: bool, key: int | None) -> None:
    if not name:
        raise Invalid(name="required")
    if len(name) > MAX_NAME:
        raise Invalid(name="too_long")
    others = _others(view, shared=shared)
    if view.id is None or view.shared is not shared:
        _make_last(view, others, shared=shared)
    if key is not None and (key not in KEYS or key in {one.key for one in others}):
        raise Invalid(key="key_taken" if key in KEYS else "unknown")
    view.name, view.shared, view.key = name, shared, key


def _others(view: SavedView, *, shared: bool) -> list[SavedView]:
    kind = SavedView(owner_id=view.owner_id, shared=shared)
    return [one for one in queries.beside(kind) if one is not view]


def _make_last(view: SavedView, others: list[SavedView], *, shared: bool) -> None:
    if len(others) >= (queries.MAX_SHARED if shared else queries.MAX_OWN):
        raise Invalid(name="too_many_views")
    view.position = max((one.position for one in others), default=-1) + 1
