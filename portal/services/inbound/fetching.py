"""Who fetches a mailbox now, and up to where it was fetched.

A fetcher holds a mailbox for a span and says again and again that it is there; another one takes
over when it does not. Two at once would do no harm, as a mail that comes twice is one.
"""

from datetime import timedelta

from sqlalchemy import or_, update

from portal import clock
from portal.bulk_statements import execute_bulk
from portal.extensions import db
from portal.models.inbound import Mailbox

# Much longer than the pause between two `renew`.
SPAN = timedelta(seconds=60)


def claim(mailbox_id: int, fetcher: str) -> bool:
    """Hold the mailbox; False while another fetcher does."""
    is_free = or_(
        Mailbox.fetcher.is_(None),
        Mailbox.fetcher == fetcher,
        Mailbox.fetched_until < clock.now(),
    )
    statement = (
        update(Mailbox)
        .where(Mailbox.id == mailbox_id, Mailbox.is_active, is_free)
        .values(fetcher=fetcher, fetched_until=clock.now() + SPAN)
    )
    return execute_bulk(statement) > 0


def renew(fetcher: str) -> None:
    """Go on holding all that the fetcher holds."""
    statement = update(Mailbox).where(Mailbox.fetcher == fetcher)
    execute_bulk(statement.values(fetched_until=clock.now() + SPAN))


def release(fetcher: str, mailbox_id: int | None = None) -> None:
    """Let another one hold the mailbox, or all that the fetcher holds."""
    statement = update(Mailbox).where(Mailbox.fetcher == fetcher)
    if mailbox_id is not None:
        statement = statement.where(Mailbox.id == mailbox_id)
    execute_bulk(statement.values(fetcher=None, fetched_until=None))


def held(mailbox_id: int, fetcher: str) -> Mailbox | None:
    """The mailbox, locked; None when the fetcher does not hold it, or it was switched off."""
    mailbox = db.session.get(Mailbox, mailbox_id, with_for_update=True)
    is_held = mailbox is not None and mailbox.fetcher == fetcher and mailbox.is_active
    return mailbox if is_held else None


def note_position(mailbox: Mailbox, *, uid_validity: int, uid: int) -> None:
    """All mails up to that UID are kept."""
    mailbox.uid_validity, mailbox.last_uid = uid_validity, uid
