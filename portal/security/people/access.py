"""Kinds of access to an account, and which of them end on which occasion.

A table decides about each kind on each occasion, so none is forgotten. The reasons are in
docs/decisions/0018-end-of-access.md.
"""

from enum import StrEnum
from typing import NamedTuple


class Access(StrEnum):
    """A kind of access. A new one needs a decision for every occasion, and a function that ends it.

    Those functions are in `portal.services.people.access`.
    """

    PASSWORD = "password"  # noqa: S105 - a word, no secret
    AUTHENTICATOR = "authenticator"
    PASSKEYS = "passkeys"
    RECOVERY_CODES = "recovery_codes"
    # Including streams of open pages: closed when the session ends, asked for anew in any case.
    BROWSERS = "browsers"
    # Exempt from limits that strangers fill: see `portal.web.people.devices`.
    KNOWN_BROWSERS = "known_browsers"
    # After the right password, before the code.
    PENDING_SIGN_INS = "pending_sign_ins"
    # Access and refresh tokens.
    PROGRAMS = "programs"
    API_KEYS = "api_keys"
    RESET_LINKS = "reset_links"
    EMAIL_LINKS = "email_links"
    # By these the former address can take the account back.
    UNDO_LINKS = "undo_links"
    # Sent by the person and not accepted yet; domains that the person asked for, unconfirmed.
    INVITATIONS = "invitations"
    # Those owned by the user, without the right to manage them any more.
    WEBHOOKS = "webhooks"


class EndReason(StrEnum):
    """An occasion on which access ends."""

    SIGNED_IN = "signed_in"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - a word, no secret
    PASSWORD_RESET = "password_reset"  # noqa: S105
    # The same, the first time that a link to the account's address was used.
    ADDRESS_PROVEN = "address_proven"
    EMAIL_CHANGED = "email_changed"
    # The address that it has left took the account back.
    EMAIL_RESTORED = "email_restored"
    OTHERS_SIGNED_OUT = "others_signed_out"
    SECOND_FACTOR_TAKEN = "second_factor_taken"
    ROLE_CHANGED = "role_changed"
    DISABLED = "disabled"
    ENABLED = "enabled"
    JOINED = "joined"
    LEFT = "left"
    ORGANIZATION_ROLE_CHANGED = "organization_role_changed"
    ERASED = "erased"


# Somebody else has been using the account, and may have created its webhooks.
BY_SOMEBODY_ELSE = frozenset({EndReason.ADDRESS_PROVEN, EndReason.EMAIL_RESTORED})


class AccessDecision(NamedTuple):
    """Kinds that an occasion ends and keeps: together all kinds."""

    ends: frozenset[Access]
    keeps: frozenset[Access]


_FACTORS = {Access.AUTHENTICATOR, Access.PASSKEYS, Access.RECOVERY_CODES}
_PROOFS = {Access.PASSWORD, *_FACTORS}
_SIGN_INS = {
    Access.BROWSERS,
    Access.KNOWN_BROWSERS,
    Access.PENDING_SIGN_INS,
    Access.PROGRAMS,
}
_LINKS = {Access.RESET_LINKS, Access.EMAIL_LINKS, Access.UNDO_LINKS}
# Created with the account's rights, and working without a session.
_MADE = {Access.API_KEYS, Access.INVITATIONS, Access.WEBHOOKS}


def _decision(ends: set[Access], keeps: set[Access]) -> AccessDecision:
    return AccessDecision(frozenset(ends), frozenset(keeps))


# Whoever had the former password may have made these, to come back without it. The factors stay:
# else a mailbox alone would open what has two of them. So does the way back to a former address:
# whoever took the account over chooses a new password first of all.
_NEW_PASSWORD = _decision(
    ends={*_SIGN_INS, Access.API_KEYS, Access.INVITATIONS, Access.RESET_LINKS, Access.EMAIL_LINKS},
    keeps={*_PROOFS, Access.UNDO_LINKS, Access.WEBHOOKS},
)
_SHUT = _decision(ends={*_SIGN_INS, *_LINKS, *_MADE}, keeps=_PROOFS)
# An API key would mix data of two organizations.
_ELSEWHERE = _decision(ends={*_SIGN_INS, *_MADE}, keeps={*_PROOFS, *_LINKS})

DECISIONS: dict[EndReason, AccessDecision] = {
    # A user who can sign in needs no reset link.
    EndReason.SIGNED_IN: _decision(
        ends={Access.RESET_LINKS},
        keeps={*_PROOFS, *_SIGN_INS, *_MADE, Access.EMAIL_LINKS, Access.UNDO_LINKS},
    ),
    EndReason.PASSWORD_CHANGED: _NEW_PASSWORD,
    EndReason.PASSWORD_RESET: _NEW_PASSWORD,
    # Somebody else may have opened it with that address: nothing of theirs stays, no factor either.
    EndReason.ADDRESS_PROVEN: _decision(
        ends={*_FACTORS, *_SIGN_INS, *_LINKS, *_MADE}, keeps={Access.PASSWORD}
    ),
    # Links went to the old address. Who knows the password has not changed.
    EndReason.EMAIL_CHANGED: _decision(
        ends={Access.RESET_LINKS, Access.EMAIL_LINKS, Access.PENDING_SIGN_INS},
        keeps={*_PROOFS, *_SIGN_INS - {Access.PENDING_SIGN_INS}, *_MADE, Access.UNDO_LINKS},
    ),
    # Whoever moved it knew the password. `second_factor.remove_added_since` removes the factors
    # added since; the older ones are the owner's, and whoever has the mailbox has to show them.
    EndReason.EMAIL_RESTORED: _decision(
        ends={Access.PASSWORD, *_SIGN_INS, *_LINKS, *_MADE}, keeps=_FACTORS
    ),
    EndReason.OTHERS_SIGNED_OUT: _decision(ends=_SIGN_INS, keeps={*_PROOFS, *_LINKS, *_MADE}),
    EndReason.SECOND_FACTOR_TAKEN: _decision(
        ends={*_SIGN_INS, *_FACTORS}, keeps={Access.PASSWORD, *_LINKS, *_MADE}
    ),
    # What a customer's program may do would become the desk's.
    EndReason.ROLE_CHANGED: _decision(
        ends={*_SIGN_INS, Access.API_KEYS, Access.WEBHOOKS},
        keeps={*_PROOFS, *_LINKS, Access.INVITATIONS},
    ),
    EndReason.DISABLED: _SHUT,
    EndReason.ENABLED: _SHUT,
    EndReason.JOINED: _ELSEWHERE,
    EndReason.LEFT: _ELSEWHERE,
    # The organization's programs go on there; what they may do is read at each request.
    EndReason.ORGANIZATION_ROLE_CHANGED: _decision(
        ends={*_SIGN_INS, Access.INVITATIONS, Access.WEBHOOKS},
        keeps={*_PROOFS, *_LINKS, Access.API_KEYS},
    ),
    EndReason.ERASED: _decision(ends=set(Access), keeps=set()),
}
