"""Finding requests for export and erasure: a person's own, all for admins, and due ones."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select

from portal import clock
from portal.errors import NotFound
from portal.extensions import db
from portal.isolation import attempt
from portal.models.people import Actor, User
from portal.models.people.person import Person
from portal.models.privacy import PrivacyKind, PrivacyRequest, PrivacyState
from portal.models.privacy.privacy_request import OPEN_EXPORT
from portal.queries.paging import AnyRow, Page, newest_page
from portal.queries.privacy import personal_data

PAGE = 50


def list_for(actor: Actor, *, limit: int = PAGE) -> list[PrivacyRequest]:
    """The newest requests of `actor`."""
    query = select(PrivacyRequest).where(PrivacyRequest.user_id == actor.id)
    return list(db.session.scalars(query.order_by(PrivacyRequest.id.desc()).limit(limit)))


def export(actor: Actor, request_id: int) -> PrivacyRequest:
    """An export that `actor` has requested. Raises NotFound for another's as for none."""
    found = db.session.get(PrivacyRequest, request_id)
    if found is None or found.user_id != actor.id or found.kind != PrivacyKind.EXPORT:
        raise NotFound
    return found


def find_file(actor: Actor, request_id: int) -> tuple[PrivacyRequest, str]:
    """A finished export and its storage key. Raises NotFound when it may not be fetched."""
    found = export(actor, request_id)
    if found.storage_key is None or not may_fetch(actor, found):
        raise NotFound
    return found, found.storage_key


def may_fetch(actor: Actor, made: PrivacyRequest) -> bool:
    """Whether the owner may fetch this export now.

    Not after their rights have changed, nor when one of its tickets is not visible to them any
    more.
    """
    if not made.is_ready or not made.matches_rights_of(actor):
        return False
    return set(made.ticket_ids or ()) <= set(personal_data.ticket_ids(actor))


def no_longer_fetchable(limit: int) -> list[int]:
    """Ids of finished exports that may not be fetched any more, among `limit` random ones.

    There are few: each is kept for a week, and a person has one.
    """
    query = (
        select(PrivacyRequest, User)
        .join(User, User.id == PrivacyRequest.user_id)
        .where(PrivacyRequest.kind == PrivacyKind.EXPORT)
        .where(PrivacyRequest.state == PrivacyState.READY)
        .order_by(func.random())
        .limit(limit)
    )
    rows = {row.id: (user.actor, row) for row, user in db.session.execute(query).all()}
    return [of for of in rows if attempt("copy", lambda of: may_fetch(*rows[of]), of) is False]


def open_export(user_id: int) -> PrivacyRequest | None:
    """The export that is waiting or running."""
    return _one(user_id, PrivacyKind.EXPORT, OPEN_EXPORT)


def waiting_deletion(user_id: int) -> PrivacyRequest | None:
    """The deletion that can still be undone."""
    return _one(user_id, PrivacyKind.DELETION, (PrivacyState.WAITING,))


def due(kind: PrivacyKind, states: Collection[PrivacyState], limit: int) -> list[int]:
    """Ids of requests that are due, the longest due first."""
    query = (
        select(PrivacyRequest.id)
        .where(
            PrivacyRequest.kind == kind,
            PrivacyRequest.state.in_(states),
            PrivacyRequest.due_at <= clock.now(),
        )
        .order_by(PrivacyRequest.due_at)
        .limit(limit)
    )
    return list(db.session.scalars(query))


def erased_since(moment: datetime) -> list[int]:
    """Ids of accounts that were erased after `moment`."""
    query = select(PrivacyRequest.user_id).where(
        PrivacyRequest.kind == PrivacyKind.DELETION,
        PrivacyRequest.state == PrivacyState.DONE,
        PrivacyRequest.finished_at > moment,
    )
    return list(db.session.scalars(query))


def with_leftover_files(before: datetime, limit: int) -> list[int]:
    """Ids of deletions done before `before` whose files are not all removed yet.

    In random order, so that some that fail do not block the others.
    """
    query = select(PrivacyRequest.id).where(
        PrivacyRequest.kind == PrivacyKind.DELETION,
        PrivacyRequest.state == PrivacyState.DONE,
        PrivacyRequest.finished_at < before,
        PrivacyRequest.progress < 100,
    )
    return list(db.session.scalars(query.order_by(func.random()).limit(limit)))


def page(*, cursor: int | None = None) -> Page[AnyRow]:
    """All requests for the admin's list, newest first."""
    query = select(
        PrivacyRequest.id,
        PrivacyRequest.user_id,
        PrivacyRequest.kind,
        PrivacyRequest.state,
        PrivacyRequest.progress,
        PrivacyRequest.due_at,
        PrivacyRequest.size,
        PrivacyRequest.created_at,
        PrivacyRequest.finished_at,
        PrivacyRequest.expires_at,
        PrivacyRequest.error,
        *Person.columns(User),
    ).join(User, User.id == PrivacyRequest.user_id)
    return newest_page(query, PrivacyRequest.id, before=cursor, size=PAGE)


def _one(
    user_id: int, kind: PrivacyKind, states: Collection[PrivacyState]
) -> PrivacyRequest | None:
    query = select(PrivacyRequest).where(
        PrivacyRequest.user_id == user_id,
        PrivacyRequest.kind == kind,
        PrivacyRequest.state.in_(states),
    )
    return db.session.scalars(query.limit(1)).first()
