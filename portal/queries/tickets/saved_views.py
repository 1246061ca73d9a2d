"""Saved views of the queue: one's own, and those that all staff share."""

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qsl

from sqlalchemy import ColumnElement, bindparam, exists, or_, select

from portal.errors import or_not_found
from portal.extensions import db
from portal.models.organizations import Organization
from portal.models.organizations.organization import parse_id as parse_organization
from portal.models.people import Actor, User
from portal.models.people.actor import is_erased
from portal.models.products import Product
from portal.models.products.product import parse_id as parse_product
from portal.models.tickets import SavedView, Tag
from portal.models.tickets.saved_view import SHARED
from portal.prepared import Prepared
from portal.queries.people import users
from portal.queries.tickets.lists.ticket_filter import TicketFilter, View, mistaken

# Of one's own, and of shared ones.
MAX_OWN, MAX_SHARED = 50, 50


class SavedViewRow(NamedTuple):
    """See the model for each column."""

    id: int
    owner_id: int | None
    name: str
    query: str
    shared: bool
    key: int | None

    @property
    def filter(self) -> TicketFilter:
        """What can be asked for still of its conditions."""
        return _parsed(self.id, self.query)[0]

    @property
    def unknown(self) -> tuple[tuple[str, str], ...]:
        """The others, by name."""
        return _parsed(self.id, self.query)[1]


@lru_cache(maxsize=1024)
def _parsed(view_id: int, query: str) -> tuple[TicketFilter, tuple[tuple[str, str], ...]]:
    args = dict(parse_qsl(query))
    wrong = mistaken(args)
    known = {name: value for name, value in args.items() if name not in wrong}
    wanted = TicketFilter.from_args(known | {"saved": str(view_id)}, view=View.ALL)
    return wanted, tuple((name, args[name]) for name in wrong)


_COLUMNS = select(*(getattr(SavedView, name) for name in SavedViewRow._fields))
# Every page of the queue asks.
_VISIBLE = Prepared(
    _COLUMNS.where(or_(SHARED, SavedView.owner_id == bindparam("actor_id")))
    .order_by(SavedView.shared, SavedView.position, SavedView.id)
    .limit(MAX_OWN + MAX_SHARED),
    SavedViewRow._make,
)


def visible(actor: Actor) -> list[SavedViewRow]:
    """Own ones first, each kind in its order. Nobody but staff has any."""
    return _VISIBLE.all({"actor_id": actor.id}) if actor.is_staff else []


def digits(rows: Sequence[SavedViewRow]) -> tuple[dict[int, int], dict[int, View]]:
    """Where 1 to 9 lead: to saved views, own ones first, else to those there always are."""
    saved = {row.key: row.id for row in reversed(rows) if row.key}
    numbered = {number: view for number, view in enumerate(View, 1) if number < 10}
    return saved, {number: view for number, view in numbered.items() if number not in saved}


def find(actor: Actor, view_id: int) -> SavedView:
    """For changing it. Raises NotFound."""
    query = select(SavedView).where(
        SavedView.id == view_id, or_(SHARED, SavedView.owner_id == actor.id)
    )
    return or_not_found(db.session.scalar(query.with_for_update()) if actor.is_staff else None)


def beside(view: SavedView) -> Sequence[SavedView]:
    """All that stand in one order with `view`, itself included."""
    own = (SavedView.owner_id == view.owner_id) & SavedView.shared.is_(False)
    query = select(SavedView).where(SHARED if view.shared else own)
    with db.session.no_autoflush:
        return db.session.scalars(query.order_by(SavedView.position, SavedView.id)).all()


def gone(wanted: TicketFilter, staff: Collection[int]) -> list[str]:
    """Names of the conditions of `wanted` that ask for somebody or something that is no more.

    `staff` are the ids of those to whom tickets can be assigned.
    """
    people = {name: users.parse_id(getattr(wanted, name)) for name in ("assignee", "requester")}
    asked = {user_id for user_id in people.values() if user_id and user_id not in staff}
    found = {name for name, user_id in people.items() if user_id in asked - _present(asked)}
    organization_id = parse_organization(wanted.organization)
    if organization_id and not _exists(Organization.id == organization_id):
        found.add("organization")
    if wanted.tag and not _exists(Tag.name == wanted.tag.lower()):
        found.add("tag")
    product_id = parse_product(wanted.product)
    if product_id and not _exists(Product.id == product_id):
        found.add("product")
    return sorted(found)


def _present(ids: set[int]) -> set[int]:
    if not ids:
        return set()
    rows = db.session.execute(select(User.id, User.email).where(User.id.in_(ids)))
    return {user_id for user_id, email in rows if not is_erased(email)}


def _exists(condition: ColumnElement[bool]) -> bool:
    return bool(db.session.scalar(select(exists().where(condition))))
