"""From the Authorization header to an Actor, by one query a request. Cookies are ignored."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from flask import Response, g, request

from portal import clock
from portal.api.request_parsing import json_body
from portal.errors import (
    BadCredential,
    ReadOnlyDesk,
    ScopeTooNarrow,
    SecondFactorNeeded,
    SignInNeeded,
    WrongScope,
)
from portal.extensions import begin_write, db, setting
from portal.models.people import Actor, KeyScope
from portal.security.people import api_keys, jwt, refresh_tokens
from portal.security.people.api_keys import ActiveKey
from portal.web.rate_limits import limit_keys


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom a credential belongs to: an API key, or an access token of the sign-in `family_id`."""

    actor: Actor
    expires_at: datetime | None
    key: ActiveKey | None = None
    family_id: int | None = None

    def require_scope(self, scope: KeyScope) -> None:
        """Raise WrongScope or ScopeTooNarrow for a key that does not open what needs `scope`."""
        if self.key is None or self.key.scope == scope:
            return
        if KeyScope.INBOUND in {self.key.scope, scope}:
            raise WrongScope
        if scope is KeyScope.WRITE:
            raise ScopeTooNarrow


def caller() -> Caller:
    """The caller of this request.

    Raises SignInNeeded without a credential, BadCredential for an invalid one, SecondFactorNeeded
    for who has to set one up first.
    """
    found: Caller | None = g.get("api_caller")
    if found is None:
        found = g.api_caller = _caller_of(_bearer())
    return found


def actor() -> Actor:
    """The caller as an Actor. Only behind an audience that signs in."""
    return caller().actor


def record_proof() -> None:
    """Treat the caller as freshly proven in this request: the password came with it."""
    g.api_proven = actor().id
    del g.api_caller


def authenticate(text: str) -> Caller | None:
    """The caller of that token or key; None if it is invalid."""
    if text.startswith(api_keys.MARK):
        found = api_keys.authenticate(text)
        return None if found is None else Caller(found[1], found[0].expires_at, key=found[0])
    access = jwt.read(text)
    signed_in = None if access is None else refresh_tokens.find_actor(access)
    if access is None or signed_in is None:
        return None
    return Caller(signed_in, access.expires_at, family_id=access.family_id)


def touch_key(response: Response) -> Response:
    """An `after_request`: record at times that a key is in use."""
    found: Caller | None = g.get("api_caller")
    key = found.key if found else None
    if key is not None and response.status_code < 500 and api_keys.touch_is_due(key):
        with suppress(ReadOnlyDesk):
            begin_write()
            api_keys.touch(key.id)
            db.session.commit()
    return response


def by_caller() -> str:
    """A key of rate limits: the person behind the credential, or the address without one."""
    try:
        return f"actor:{caller().actor.id}"
    except Exception:  # the guard raises it again
        return limit_keys.by_address()


def is_staff() -> bool:
    """Whether the caller is staff, for rate limits."""
    try:
        return caller().actor.is_staff
    except Exception:  # the guard raises it again
        return False


def by_account() -> str:
    """A key of rate limits: the account that the body names, whether it exists or not."""
    return limit_keys.account_key(_email())


def by_credential() -> str:
    """A key of rate limits: this key or sign-in, apart from others of the same person."""
    try:
        found = caller()
    except Exception:  # the guard raises it again
        return limit_keys.by_address()
    return f"key:{found.key.id}" if found.key else f"sign-in:{found.family_id}"


def by_invitation() -> str:
    """A key of rate limits: the caller's organization and the address that it invites."""
    try:
        return limit_keys.invitation_key(caller().actor.organization_id, _email())
    except Exception:  # the guard raises it again
        return limit_keys.by_address()


def _email() -> object:
    try:
        return json_body().get("email")
    except Exception:  # the parser raises it again
        return None


def _bearer() -> str:
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        raise SignInNeeded
    return text.strip()


def _caller_of(text: str) -> Caller:
    found = authenticate(text)
    if found is None:
        raise BadCredential
    of_role = found.actor.role in setting("REQUIRE_SECOND_FACTOR")
    if (of_role or found.actor.second_factor_required) and not found.actor.has_second_factor:
        raise SecondFactorNeeded
    if g.get("api_proven") == found.actor.id:
        return replace(found, actor=replace(found.actor, confirmed_at=clock.now()))
    return found
