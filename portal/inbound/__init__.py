"""The edge for mail that comes in: `receive`, whichever way it came.

The mail is on the disk and a row owes its reading before whoever brings it is told that we have it.
"""

from collections.abc import Callable, Sequence
from io import BytesIO

from flask import current_app

from portal.errors import TooLarge
from portal.extensions import begin_write, db
from portal.mail_parsing import envelope
from portal.mail_parsing.process import MAX_BYTES
from portal.models.inbound import InboundWay, Mailbox, Reason
from portal.services.inbound import messages
from portal.services.inbound.messages import Kept
from portal.storage import Storage


def receive(
    raw: bytes,
    *,
    way: InboundWay,
    recipients: Sequence[str] = (),
    mailbox_id: int | None = None,
    begin: Callable[[], object] = begin_write,
) -> Kept:
    """Keep a mail and commit. `recipients` are those of the envelope, if they are known.

    `begin` begins the write unit: an edge with a caller asks for their rights again. The same mail
    twice, by any two ways, is one. Raises TooLarge, StorageFull, and whatever the database raises:
    then it is not kept, and whoever brought it has to keep it.
    """
    if len(raw) > MAX_BYTES:
        raise TooLarge(limit=MAX_BYTES)
    storage: Storage = current_app.extensions["lodge.storage"]
    stored = storage.put(BytesIO(raw), limit=MAX_BYTES)
    begin()
    mailbox = db.session.get_one(Mailbox, mailbox_id) if mailbox_id is not None else None
    kept = messages.keep(
        stored=stored,
        fingerprint=envelope.fingerprint(raw),
        way=way,
        recipients=recipients or envelope.recipients(raw),
        mailbox=mailbox,
    )
    db.session.commit()
    if not kept.is_new:
        storage.delete(stored.key)
    return kept


def note_left_out(
    header: bytes, size: int, reason: Reason, *, way: InboundWay, mailbox_id: int
) -> Kept:
    """Keep a row of a mail that we do not take, and commit. It stays where it is."""
    begin_write()
    kept = messages.note_left_out(
        head=envelope.head(header),
        fingerprint=envelope.fingerprint(header + b"\r\n\r\n%d" % size),
        size=size,
        way=way,
        mailbox=db.session.get_one(Mailbox, mailbox_id),
        reason=reason,
    )
    db.session.commit()
    return kept
