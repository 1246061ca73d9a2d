"""How many bytes each organization has stored: kept by whoever changes files.

Files on internal notes are the desk's, and are not counted.
"""

from collections.abc import Collection

from sqlalchemy import func, select

from portal.bulk_statements import upsert
from portal.extensions import db
from portal.models.organizations import OrganizationStorage
from portal.models.tickets import Attachment, Comment, Ticket


def add(organization_id: int, size: int) -> None:
    """Count files that came, or with a negative `size` went. Their tickets are locked."""
    if size:
        connection = db.session.connection()
        statement = upsert(
            OrganizationStorage,
            connection.dialect.name,
            key=("organization_id",),
            added=("bytes",),
        )
        connection.execute(statement, {"organization_id": organization_id, "bytes": size})


def of_tickets(ids: Collection[int]) -> dict[int, int]:
    """Bytes of the files of these tickets, by their organizations."""
    query = (
        select(Ticket.organization_id, func.sum(Attachment.size))
        .join(Attachment, Attachment.ticket_id == Ticket.id)
        .join(Comment, Comment.id == Attachment.comment_id)
        .where(Ticket.id.in_(ids), Comment.internal.is_(False))
        .group_by(Ticket.organization_id)
        # Everybody adds in this order.
        .order_by(Ticket.organization_id)
    )
    return {row[0]: int(row[1]) for row in db.session.execute(query)}


def move(ids: Collection[int], target_id: int) -> None:
    """Let the files of locked tickets be another organization's, before the tickets are."""
    found = of_tickets(ids)
    found.pop(target_id, None)
    changes = {source_id: -size for source_id, size in found.items()}
    changes[target_id] = sum(found.values())
    for organization_id in sorted(changes):
        add(organization_id, changes[organization_id])
