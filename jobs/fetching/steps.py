"""What a fetcher does with the database, each in a transaction of its own."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from jobs import job
from portal import inbound
from portal.errors import TooLarge
from portal.extensions import begin_write, db
from portal.inbound.imap.access import Access
from portal.inbound.imap.failures import MailboxUnreachable
from portal.inbound.imap.folder import Fetched, Position
from portal.models.inbound import InboundWay, Mailbox, Reason
from portal.queries.inbound import mailboxes as queries
from portal.services.inbound import fetching, mailboxes


class LeaseLostError(Exception):
    """Another process fetches this mailbox, or it was switched off."""


class Wanted(NamedTuple):
    """A mailbox to fetch. `failing`: the last try did not succeed."""

    access: Access
    failing: bool


@job
def survey(fetcher: str, most: int) -> list[Wanted]:
    """What is to be fetched; and say that this fetcher is there."""
    begin_write()
    fetching.renew(fetcher)
    return [Wanted(Access.of(one), one.failing_since is not None) for one in queries.fetched(most)]


@job
def claim(mailbox_id: int, fetcher: str) -> bool:
    """Whether this fetcher holds the mailbox now."""
    begin_write()
    return fetching.claim(mailbox_id, fetcher)


@job
def release(fetcher: str, mailbox_id: int | None = None) -> None:
    """Let others hold the mailbox, or all that this fetcher holds."""
    begin_write()
    fetching.release(fetcher, mailbox_id)


@job
def position(mailbox_id: int) -> tuple[Position, datetime | None]:
    """Up to where it was fetched, and when that worked the last time."""
    mailbox = db.session.get_one(Mailbox, mailbox_id)
    return Position(mailbox.uid_validity, mailbox.last_uid or 0), mailbox.last_success_at


@job
def keep(mailbox_id: int, mail: Fetched) -> None:
    """Keep the mail, or a row that says why it was left in its mailbox."""
    reason = mail.left_out
    if reason is None:
        try:
            inbound.receive(mail.data, way=InboundWay.IMAP, mailbox_id=mailbox_id)
        except TooLarge:  # the server has said another size
            reason = Reason.TOO_LARGE
    if reason is not None:
        inbound.note_left_out(
            mail.data, mail.size, reason, way=InboundWay.IMAP, mailbox_id=mailbox_id
        )


@job
def note_position(mailbox_id: int, fetcher: str, position: Position) -> None:
    """All mails up to there are kept. Raises LeaseLostError."""
    _with_held(
        mailbox_id,
        fetcher,
        lambda mailbox: fetching.note_position(
            mailbox, uid_validity=position.validity or 0, uid=position.uid
        ),
    )


@job
def record_success(mailbox_id: int, fetcher: str) -> None:
    """All that there was is kept. Raises LeaseLostError."""
    _with_held(mailbox_id, fetcher, mailboxes.record_success)


@job
def record_failure(mailbox_id: int, fetcher: str, failure: MailboxUnreachable) -> None:
    """It cannot be fetched now. Raises LeaseLostError."""
    _with_held(
        mailbox_id,
        fetcher,
        lambda mailbox: mailboxes.record_failure(mailbox, failure.reason, failure.detail),
    )


def _with_held(mailbox_id: int, fetcher: str, change: Callable[[Mailbox], None]) -> None:
    begin_write()
    mailbox = fetching.held(mailbox_id, fetcher)
    if mailbox is None:
        raise LeaseLostError
    change(mailbox)
