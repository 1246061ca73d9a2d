"""Finding exports of the desk's tables: who may see one, who may fetch its file, and due ones."""

from collections.abc import Collection, Sequence
from datetime import timedelta

from sqlalchemy import func, select

from portal import clock
from portal.errors import NotFound
from portal.extensions import db
from portal.models.operations import TableExport, TableKind
from portal.models.people import Actor, User
from portal.models.people.person import Person
from portal.queries.paging import AnyRow, Page, make_page
from portal.security import permissions

PAGE = 30


def find(actor: Actor, export_id: int, *, lock: bool = False) -> TableExport:
    """One that `actor` has asked for; for admins, anybody's. Raises NotFound."""
    found = db.session.get(
        TableExport, export_id, populate_existing=lock, with_for_update=lock or None
    )
    if found is None or not permissions.can_see_export(actor, found.user_id):
        raise NotFound
    return found


def find_file(actor: Actor, export_id: int) -> tuple[TableExport, str]:
    """A finished export and its storage key. Raises NotFound, also when its time is over."""
    found = find(actor, export_id)
    if found.storage_key is None or not found.is_ready:
        raise NotFound
    return found, found.storage_key


def page(actor: Actor, *, cursor: int | None = None, size: int = PAGE) -> Page[AnyRow]:
    """Exports that `actor` sees, newest first: rows of TableExport and who asked for it."""
    query = select(TableExport, *Person.columns(User)).join(User, User.id == TableExport.user_id)
    if not actor.is_admin:
        query = query.where(TableExport.user_id == actor.id)
    query = query.order_by(TableExport.id.desc()).limit(size + 1)
    if cursor is not None:
        query = query.where(TableExport.id < cursor)
    return make_page(db.session.execute(query).all(), size, lambda row: str(row.TableExport.id))


def last_columns(actor: Actor, kind: TableKind) -> list[str] | None:
    """The columns that `actor` has chosen for such a table the last time."""
    query = select(TableExport.columns).where(
        TableExport.user_id == actor.id, TableExport.kind == kind
    )
    return db.session.scalar(query.order_by(TableExport.id.desc()).limit(1))


def due(states: Collection[str], limit: int) -> list[int]:
    """Ids of exports in `states` that are due, the longest due first."""
    query = select(TableExport.id).where(
        TableExport.state.in_(states), TableExport.due_at <= clock.now()
    )
    return list(db.session.scalars(query.order_by(TableExport.due_at).limit(limit)))


def open_ones(user_id: int, limit: int) -> Sequence[TableExport]:
    """Up to `limit` exports of that person that are waiting or running."""
    query = select(TableExport).where(
        TableExport.user_id == user_id, TableExport.state.in_(TableExport.OPEN)
    )
    return db.session.scalars(query.order_by(TableExport.id).limit(limit)).all()


def oldest_open() -> timedelta:
    """How long the oldest export has been waited for; zero without any."""
    waiting = select(func.min(TableExport.created_at)).where(
        TableExport.state.in_(TableExport.OPEN)
    )
    first = db.session.scalar(waiting)
    return clock.now() - first if first else timedelta(0)
