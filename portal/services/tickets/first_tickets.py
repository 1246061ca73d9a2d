"""The first ticket of somebody who has no account yet, written in one form with the registration.

It is held beside the registration until the mailed link proves the address, and is deleted with it.
Whoever presses the link is shown it first: somebody else may have written it.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Unpack

from portal.models.people import PendingRegistration, User
from portal.models.tickets import Channel, Ticket
from portal.services.organizations import new_members
from portal.services.people import registration
from portal.services.people.registration import Applicant, HeldFile, HeldTicket
from portal.services.tickets import comments, tickets
from portal.services.tickets.attachments import Upload

# Of strangers less is kept than of those who are known.
MAX_MESSAGE = 10_000
MAX_FILES = 3
MAX_FILE_BYTES = 5 * 1024 * 1024
MAX_FILES_BYTES = 10 * 1024 * 1024


def hold(
    *,
    subject: str,
    message: str,
    wait: timedelta,
    uploads: Sequence[Upload] = (),
    **applicant: Unpack[Applicant],
) -> None:
    """Ask for an account and keep the ticket meanwhile. Raises as `registration.ask` does."""
    files = tuple(
        HeldFile(file.key, file.filename, file.content_type, file.size, file.sha256)
        for file in uploads
    )
    registration.ask(wait, held=HeldTicket(subject, message, files), **applicant)


def prerender(row: PendingRegistration) -> None:
    """See `comments.prerender`."""
    if row.message is not None:
        held = HeldTicket.of(row)
        uploads = [Upload(*kept) for kept in held.files] if held else []
        comments.prerender(row.message, subject=row.subject or "", uploads=uploads)


def finish(*, text: str, password_hash: str) -> tuple[User, Ticket | None]:
    """Open the account, and file the ticket that waited for it. Raises as `registration.find`."""
    row = registration.find(text)
    held = HeldTicket.of(row)
    user = new_members.finish_registration(
        text=text,
        password_hash=password_hash,
        ticket_bytes=None if held is None else sum(file.size for file in held.files),
    )
    if held is None:
        return user, None
    uploads = [Upload(*kept) for kept in held.files]
    return user, file(user, held.subject, held.message, uploads)


def file(user: User, subject: str, message: str, uploads: Sequence[Upload] = ()) -> Ticket:
    """File it as the new account's."""
    return tickets.file(
        actor=user.actor,
        subject=subject,
        message=message,
        channel=Channel.PAGE,
        uploads=uploads,
    )
