"""Outbox verbs: owe a mail, lease it, settle it, decide about a parked one.

The row is the truth about a mail. Whoever sends holds its lease: `claim` takes it by one
conditional update, and nothing is settled by somebody whose lease has gone to another.
Sending itself is not here: it happens between two transactions, see `jobs.outbox`.
"""

import re
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from portal import clock
from portal.extensions import db, setting
from portal.models import Outbox
from portal.queueing import Job, enqueue


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one recipient. `user_id` is whose rights count when it is sent."""

    template: str
    recipient: str
    user_id: int | None = None
    event_id: int | None = None
    data: dict[str, Any] = field(default_factory=dict)


def owe(*mails: Mail) -> None:
    """Write `mails` down with the change that owes them; they are sent after its commit."""
    now = clock.now()
    rows = [
        Outbox(
            template=mail.template,
            recipient=mail.recipient,
            user_id=mail.user_id,
            event_id=mail.event_id,
            data=mail.data,
            message_id=new_message_id(setting("BASE_URL")),
            due_at=now,
        )
        for mail in mails
    ]
    db.session.add_all(rows)
    db.session.flush()
    for row in rows:
        enqueue(db.session(), Job.DELIVER_OUTBOX, row.id)


def new_message_id(base_url: str) -> str:
    """A Message-ID in the name of our own host, fixed before the first try to send."""
    host = (urlsplit(base_url).hostname or "").encode("idna").decode("ascii")
    # What is no host name (an IPv6 address) may not stand here as it is (RFC 5322, 3.6.4).
    return f"<lodge.{secrets.token_hex(16)}@{re.sub('[^a-z0-9.-]+', '-', host).strip('.-')}>"
