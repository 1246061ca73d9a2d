"""Rates of mail to addresses that anybody may have typed: by delay or omission, never by refusal.

The answer to the request is the same in any case. A mail above the rate is left out where the one
before does as well, else it is sent later. To be called before the write unit begins. The decision
depends on the address alone, not on whether it has an account.
"""

from datetime import timedelta

from portal.web.rate_limits.counts import hashed_key
from portal.web.rate_limits.limit_keys import account_key, by_everybody
from portal.web.rate_limits.limits import (
    FORGOT_MAILS,
    REGISTER_EVERYBODY,
    REGISTER_MAILS,
    UNREQUESTED_MAILS,
    warn_once,
)

# A link is valid for an hour.
_LATEST_LINK = timedelta(minutes=20)
# An invitation is valid for a week.
_LATEST_INVITATION = timedelta(hours=4)
_BETWEEN_REGISTRATIONS = timedelta(seconds=3)
_BETWEEN_UNREQUESTED = timedelta(minutes=12)


def may_mail_reset(email: str) -> bool:
    """Whether to mail a link to set a new password; if not, the one before still works."""
    return FORGOT_MAILS.add(hashed_key(account_key(email)))


def registration_delay(email: str) -> timedelta | None:
    """The delay of the mail that finishes a registration.

    None: no mail, the link that was sent before still works.
    """
    if not REGISTER_MAILS.add(hashed_key(account_key(email))):
        return None
    excess = REGISTER_EVERYBODY.excess(hashed_key(by_everybody()))
    if excess:
        warn_once("many registrations from everywhere: their mails go later")
    return min(excess * _BETWEEN_REGISTRATIONS, _LATEST_LINK)


def invitation_delay(email: str) -> timedelta:
    """The delay of an invitation's mail: an address gets few at a time."""
    return min(_excess_of(email) * _BETWEEN_UNREQUESTED, _LATEST_INVITATION)


def email_change_delay(email: str) -> timedelta:
    """The delay of the mail to an account's new address."""
    return min(_excess_of(email) * _BETWEEN_UNREQUESTED, _LATEST_LINK)


def _excess_of(email: str) -> int:
    return UNREQUESTED_MAILS.excess(hashed_key(account_key(email)))
