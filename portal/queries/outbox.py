"""Reads of the outbox: what is due, how it stands, and all that one mail is made of."""

from datetime import datetime

from sqlalchemy import select

from portal.extensions import db
from portal.models import Outbox


def owed_since(template: str, recipient: str, since: datetime) -> bool:
    """Whether such a mail without an event was written down for `recipient` after `since`."""
    query = (
        select(Outbox.id)
        .where(
            Outbox.event_id.is_(None),
            Outbox.template == template,
            Outbox.recipient == recipient,
            Outbox.created_at > since,
        )
        .limit(1)
    )
    return db.session.scalar(query) is not None
