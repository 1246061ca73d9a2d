"""Moves a person's tickets from a personal organization into the one they join.

Visibility depends on a ticket's organization: left behind, the person could not read them, and the
desk could not mail the answers.
"""

from sqlalchemy import delete, select

from portal.extensions import db
from portal.models.organizations import Credential, Organization
from portal.models.people import User
from portal.models.products import Product, ProductSchedule, ProductSync
from portal.models.statistics import UncountedTicket
from portal.models.tickets import SearchDocument, Ticket
from portal.models.webhooks import Webhook
from portal.queries.tickets.search import documents
from portal.services.organizations import storage


def transfer_tickets(user: User, *, source: Organization, target: Organization) -> None:
    """Move the tickets of `user` from `source` to `target`; delete what only members use."""
    rows = db.session.execute(
        select(Ticket, SearchDocument)
        .outerjoin(SearchDocument, SearchDocument.ticket_id == Ticket.id)
        .where(Ticket.organization_id == source.id, Ticket.requester_id == user.id)
        .order_by(Ticket.id)
        .with_for_update(of=Ticket)
    ).all()
    storage.move([ticket.id for ticket, _document in rows], target.id)
    for ticket, document in rows:
        ticket.organization_id = target.id
        db.session.add(UncountedTicket(ticket_id=ticket.id))
        if document is not None:
            old, new = (
                documents.owner_marks(organization_id=place.id, requester_id=user.id)
                for place in (source, target)
            )
            document.public = documents.replace_marks(document.public, old=old, new=new)
    # It has the person's name, and no members any more.
    source.name = user.number
    # Nobody could use or delete these any more.
    for model in (Credential, Product, ProductSchedule, ProductSync, Webhook):
        db.session.execute(delete(model).where(model.organization_id == source.id))
