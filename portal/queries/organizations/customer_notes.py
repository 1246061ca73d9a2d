"""Notes about customers, for staff: callers know that the reader sees whom they are about."""

from sqlalchemy import select

from portal.errors import or_not_found
from portal.extensions import db
from portal.models.organizations import CustomerNote
from portal.models.people import Actor, User
from portal.models.people.person import Person
from portal.queries.paging import AnyRow, Page, newest_page
from portal.security import permissions

PAGE = 10


def page(
    *, user_id: int | None = None, organization_id: int | None = None, cursor: int | None = None
) -> Page[AnyRow]:
    """Notes about one of both, newest first.

    Rows: id, text, created_at, updated_at, author_id, author_*.
    """
    query = select(
        CustomerNote.id,
        CustomerNote.text,
        CustomerNote.created_at,
        CustomerNote.updated_at,
        CustomerNote.author_id,
        *Person.columns(User, "author_"),
    ).join(User, User.id == CustomerNote.author_id)
    if user_id is not None:
        query = query.where(CustomerNote.user_id == user_id)
    else:
        query = query.where(CustomerNote.organization_id == organization_id)
    return newest_page(query, CustomerNote.id, before=cursor, size=PAGE)


def find(actor: Actor, note_id: int, *, lock: bool = False) -> CustomerNote:
    """The note of that id. Raises NotFound, but for staff whatever it is."""
    permission = permissions.can_read_people(actor)
    query = select(CustomerNote).where(CustomerNote.id == note_id)
    found = db.session.scalar(query.with_for_update() if lock else query) if permission else None
    return or_not_found(found)
