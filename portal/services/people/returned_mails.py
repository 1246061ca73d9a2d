"""Mails that came back: when an address gets no more of them, and how it gets them again."""

import re
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from portal import clock
from portal.bulk_statements import execute_bulk, insert_missing
from portal.extensions import db
from portal.models.delivery import ReturnedMail
from portal.models.delivery.returned_mail import MAX_SAID
from portal.models.people import AccountEventKind, Actor, User
from portal.queries.people import returned_mails as queries
from portal.security import permissions
from portal.services.people import account_log

# Servers err, too: a single one says little.
STOPS_AFTER = 3
WITHIN = timedelta(days=30)
# That there is no such mailbox, domain or way to it (RFC 3463). Not that it is full, nor that a
# server minds the mail or us: 5.7.26 for a mistake in our DNS comes back from everybody.
_ADDRESS_FAILS = re.compile(r"5\.(?:[014]\.\d+|2\.[01])")


def record(*, user_id: int, address: str, status: str, said: str, message_id: str = "") -> None:
    """A mail came back. Without the `message_id` of a mail of ours it is shown, but counts nothing.

    After STOPS_AFTER of them within WITHIN no mails about tickets go to that address.
    """
    user = db.session.get_one(User, user_id, populate_existing=True, with_for_update=True)
    counts = bool(message_id and _ADDRESS_FAILS.fullmatch(status))
    row = {
        "user_id": user.id,
        "address": address,
        "message_id": message_id,
        "status": status,
        "said": said[:MAX_SAID],
        "counts": counts,
        "created_at": clock.now(),
    }
    insert_missing(ReturnedMail, [row])
    if not counts or address != user.email or user.mail_stopped_at is not None:
        return
    if queries.number_that_count(user.id, address, clock.now() - WITHIN) >= STOPS_AFTER:
        user.mail_stopped_at = clock.now()
        account_log.record(user=user, kind=AccountEventKind.MAIL_STOPPED)


def confirm(*, actor: Actor, user: User) -> None:
    """Mail to the address again: its owner or staff say that it works. Raises Forbidden."""
    permissions.require(actor.id == user.id or permissions.can_read_people(actor))
    _resume(user, actor)


def prove(user: User) -> None:
    """Mail to the address again: a mail came from it, or a link that was mailed there was used."""
    _resume(user, None)


def _resume(user: User, actor: Actor | None) -> None:
    execute_bulk(delete(ReturnedMail).where(ReturnedMail.user_id == user.id))
    if user.mail_stopped_at is not None:
        user.mail_stopped_at = None
        account_log.record(user=user, kind=AccountEventKind.MAIL_RESUMED, actor=actor)


def delete_old(before: datetime, limit: int) -> None:
    """Delete up to `limit` that came back before `before`. Whoever gets no mail goes on so."""
    old = select(ReturnedMail.id).where(ReturnedMail.created_at < before).limit(limit)
    execute_bulk(delete(ReturnedMail).where(ReturnedMail.id.in_(old)))
