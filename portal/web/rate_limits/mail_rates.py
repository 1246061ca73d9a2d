"""How often mail goes to people who may not have asked for it: by a rate, never by a refusal.

Anybody may type anybody's address. So whoever asks is answered the same, and a mail that would be
one too many is not owed where the one before does as well, and is owed for later where it is not.
To be asked before the write unit begins. What is decided rests on the address alone: it is the same
whether somebody has an account.
"""

from datetime import timedelta

from portal.web.rate_limits.counts import keyed
from portal.web.rate_limits.limit_keys import account, by_everybody
from portal.web.rate_limits.limits import (
    FORGOT_MAILS,
    REGISTER_EVERYBODY,
    REGISTER_MAILS,
    UNASKED_MAILS,
    warn_once,
)

# A link lives for an hour, so its mail may not be late by much.
_LATEST_LINK = timedelta(minutes=20)
# An invitation lives for a week.
_LATEST_INVITATION = timedelta(hours=4)
_BETWEEN_REGISTRATIONS = timedelta(seconds=3)
_BETWEEN_UNASKED = timedelta(minutes=12)


def for_reset(email: str) -> bool:
    """Whether a link to set a new password is owed; if not, one is there that works."""
    return FORGOT_MAILS.add(keyed(account(email)))


def for_registration(email: str) -> timedelta | None:
    """After how long the link to finish a registration is to go.

    None: not at all, and the link that is there goes on working.
    """
    if not REGISTER_MAILS.add(keyed(account(email))):
        return None
    surplus = REGISTER_EVERYBODY.surplus(keyed(by_everybody()))
    if surplus:
        warn_once("many registrations from everywhere: their mails go later")
    return min(surplus * _BETWEEN_REGISTRATIONS, _LATEST_LINK)


def for_invitation(email: str) -> timedelta:
    """After how long an invitation is to go, so that no address gets many at a time."""
    return min(_surplus_of(email) * _BETWEEN_UNASKED, _LATEST_INVITATION)


def for_move(email: str) -> timedelta:
    """The same for a link to an account's new address."""
    return min(_surplus_of(email) * _BETWEEN_UNASKED, _LATEST_LINK)


def _surplus_of(email: str) -> int:
    return UNASKED_MAILS.surplus(keyed(account(email)))
