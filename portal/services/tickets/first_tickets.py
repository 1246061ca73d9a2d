"""The first ticket of somebody who has no account yet, written in one form with the registration.

It is held beside the registration until the mailed link proves the address, and is deleted with it.
Whoever presses the link is shown it first: somebody else may have written it.
"""

from datetime import timedelta
from typing import Unpack

from portal.models.people import PendingRegistration, User
from portal.models.tickets import Channel, Ticket
from portal.services.people import registration
from portal.services.people.registration import Applicant, HeldTicket
from portal.services.tickets import comments, tickets

# Of strangers less is kept than of those who are known.
MAX_MESSAGE = 10_000


def hold(*, subject: str, message: str, wait: timedelta, **applicant: Unpack[Applicant]) -> None:
    """Ask for an account and keep the ticket meanwhile. Raises as `registration.ask` does."""
    registration.ask(wait, held=HeldTicket(subject, message), **applicant)


def prerender(row: PendingRegistration) -> None:
    """See `comments.prerender`."""
    if row.message is not None:
        comments.prerender(row.message, subject=row.subject or "")


def finish(*, text: str, password_hash: str) -> tuple[User, Ticket | None]:
    """Open the account, and file the ticket that waited for it. Raises as `registration.find`."""
    row = registration.find(text)
    held = HeldTicket.of(row)
    user = registration.finish(text=text, password_hash=password_hash)
    if held is None:
        return user, None
    return user, file(user, held.subject, held.message)


def file(user: User, subject: str, message: str) -> Ticket:
    """File it as the new account's."""
    return tickets.file(actor=user.actor, subject=subject, message=message, channel=Channel.PAGE)
