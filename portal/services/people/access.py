"""Ends access to accounts; decisions are in `portal.security.people.access`."""

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy import delete, select, update

from portal import clock
from portal.bulk_statements import execute_bulk
from portal.extensions import db
from portal.models.organizations import Invitation, OrganizationDomain
from portal.models.people import AccountEventKind, Actor, Passkey, RecoveryCode, TokenPurpose, User
from portal.models.webhooks import Webhook
from portal.queries.webhooks import webhooks
from portal.security.people import api_keys, refresh_tokens, sessions, tokens
from portal.security.people.access import BY_SOMEBODY_ELSE, DECISIONS, Access, EndReason
from portal.services.people import account_log


class _Ending(NamedTuple):
    user: User
    why: EndReason
    actor: Actor | None
    keep: str


def end_access(
    user: User, why: EndReason, *, actor: Actor | None = None, keep: str = ""
) -> Counter[Access]:
    """End all kinds of access that `why` ends; return how many of each kind.

    Call it after the change itself, as rights to webhooks are checked. `actor` made the change;
    None for somebody who was not signed in. `keep` is the token of a session that stays.
    """
    ending = _Ending(user, why, actor, keep)
    decided = DECISIONS[why].ends
    return Counter({kind: _ENDS[kind](ending) for kind in Access if kind in decided})


def _password(ending: _Ending) -> int:
    had, ending.user.password_hash = ending.user.password_hash, None
    return int(had is not None)


def _authenticator(ending: _Ending) -> int:
    had = ending.user.totp_counter is not None
    ending.user.totp_secret = ending.user.totp_counter = None
    return int(had)


def _passkeys(ending: _Ending) -> int:
    return _deleted(Passkey, ending.user)


def _recovery_codes(ending: _Ending) -> int:
    return _deleted(RecoveryCode, ending.user)


def _deleted(model: type[Passkey | RecoveryCode], user: User) -> int:
    return execute_bulk(delete(model).where(model.user_id == user.id))


def _browsers(ending: _Ending) -> int:
    return sessions.end_all(ending.user, keep=ending.keep)


def _known_browsers(_ending: _Ending) -> int:
    """Their cookies contain the epoch, which has changed."""
    return 0


def _programs(ending: _Ending) -> int:
    return refresh_tokens.end_all(ending.user.id)


def _api_keys(ending: _Ending) -> int:
    revoked = api_keys.revoke_all(ending.user)
    for key in revoked:
        account_log.record(
            user=ending.user,
            kind=AccountEventKind.KEY_REVOKED,
            actor=ending.actor,
            name=key.name,
            prefix=key.prefix,
        )
    return len(revoked)


def _links(purpose: TokenPurpose) -> Callable[[_Ending], int]:
    return lambda ending: tokens.end_all(ending.user, purpose)


def _invitations(ending: _Ending) -> int:
    """A domain that waits for its confirmation invites everybody who has an address there."""
    asked = OrganizationDomain.asked_by_id == ending.user.id
    waiting = asked & OrganizationDomain.confirmed_at.is_(None)
    domains = execute_bulk(delete(OrganizationDomain).where(waiting))
    return domains + execute_bulk(
        update(Invitation)
        .where(
            Invitation.invited_by_id == ending.user.id,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        )
        .values(revoked_at=clock.now()),
        follow=True,
    )


def _webhooks(ending: _Ending) -> int:
    """They are not called until another user takes them over."""
    owned = db.session.scalars(select(Webhook).where(Webhook.owner_id == ending.user.id))
    by_somebody_else = ending.why in BY_SOMEBODY_ELSE
    lost = [one for one in owned if by_somebody_else or not webhooks.has_authorized_owner(one)]
    for webhook in lost:
        webhook.owner_id = None
    return len(lost)


_ENDS: dict[Access, Callable[[_Ending], int]] = {
    Access.PASSWORD: _password,
    Access.AUTHENTICATOR: _authenticator,
    Access.PASSKEYS: _passkeys,
    Access.RECOVERY_CODES: _recovery_codes,
    Access.BROWSERS: _browsers,
    Access.KNOWN_BROWSERS: _known_browsers,
    Access.PENDING_SIGN_INS: _links(TokenPurpose.SECOND_FACTOR),
    Access.PROGRAMS: _programs,
    Access.API_KEYS: _api_keys,
    Access.RESET_LINKS: _links(TokenPurpose.RESET),
    Access.EMAIL_LINKS: _links(TokenPurpose.CHANGE_EMAIL),
    Access.UNDO_LINKS: _links(TokenPurpose.UNDO_EMAIL),
    Access.INVITATIONS: _invitations,
    Access.WEBHOOKS: _webhooks,
}
