"""What a person brings along from a personal organization into the one that they join.

Rights to a ticket come from its organization. Left behind, the person's own open questions would
be nobody's: they could not read the answers, and the desk could not mail them.
"""

from sqlalchemy import delete, select

from portal.extensions import db
from portal.models.organizations import Credential, Organization
from portal.models.people import User
from portal.models.tickets import SearchDocument, Ticket
from portal.models.webhooks import Webhook
from portal.queries.tickets import search


def transfer_tickets(user: User, *, source: Organization, target: Organization) -> None:
    """Give the tickets that `user` has filed in `source` to `target`; the rest is forgotten."""
    rows = db.session.execute(
        select(Ticket, SearchDocument)
        .outerjoin(SearchDocument, SearchDocument.ticket_id == Ticket.id)
        .where(Ticket.organization_id == source.id, Ticket.requester_id == user.id)
        .order_by(Ticket.id)
        .with_for_update(of=Ticket)
    )
    for ticket, document in rows:
        ticket.organization_id = target.id
        if document is not None:
            old, new = (
                search.owner_marks(organization_id=place.id, requester_id=user.id)
                for place in (source, target)
            )
            document.public = " ".join(
                [*new, *(word for word in document.public.split() if word not in old)]
            )
    # It bears the person's name, and nobody is left in it.
    source.name = user.number
    # Nobody could reach these any more, to use them or to take them away.
    for model in (Credential, Webhook):
        db.session.execute(delete(model).where(model.organization_id == source.id))
