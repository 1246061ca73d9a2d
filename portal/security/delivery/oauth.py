"""OAuth 2 for mailboxes: the providers, and the calls for tokens (RFC 6749, PKCE of RFC 7636)."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from portal import clock
from portal.security.delivery import outbound

_SECONDS = 10.0
_USUAL_LIFE = 3600
_FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}


class Provider(NamedTuple):
    """`{tenant}` in an address is the directory of Microsoft's customer."""

    authorize_url: str
    token_url: str
    scope: str
    # What else a consent has to ask for, to be good for more than an hour.
    options: Mapping[str, str]


PROVIDERS: dict[str, Provider] = {
    "microsoft": Provider(
        "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/authorize",
        "https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token",
        "https://outlook.office.com/IMAP.AccessAsUser.All offline_access",
        {"prompt": "select_account"},
    ),
    "google": Provider(
        "https://accounts.google.com/o/oauth2/v2/auth",
        "https://oauth2.googleapis.com/token",
        "https://mail.google.com/",
        {"access_type": "offline", "prompt": "consent"},
    ),
}
_ANY_TENANT = "common"


@dataclass(frozen=True, slots=True)
class Client:
    """What the provider knows us as."""

    provider: str
    client_id: str
    secret: str = field(repr=False)
    tenant: str = ""

    def address(self, of: str) -> str:
        """A provider's address with the tenant in it."""
        return of.replace("{tenant}", quote(self.tenant or _ANY_TENANT, safe=""))


@dataclass(frozen=True, slots=True)
class Tokens:
    """`refresh` is None when the former one stays."""

    access: str = field(repr=False)
    refresh: str | None = field(repr=False)
    expires_at: datetime


class TokensRefused(Exception):
    """The provider gives none. The text is its own word for why, as `invalid_grant`."""


def authorization_url(
    client: Client, *, redirect_uri: str, state: str, verifier: str, login_hint: str
) -> str:
    """Where the owner of the mailbox consents."""
    provider = PROVIDERS[client.provider]
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
    query = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": redirect_uri,
        "scope": provider.scope,
        "state": state,
        "code_challenge": challenge.rstrip(b"=").decode("ascii"),
        "code_challenge_method": "S256",
        "login_hint": login_hint,
        **provider.options,
    }
    return f"{client.address(provider.authorize_url)}?{urlencode(query)}"


def redeem(client: Client, *, code: str, verifier: str, redirect_uri: str) -> Tokens:
    """Tokens for the code of a consent. Raises TokensRefused, OutboundError."""
    return _ask(
        client,
        grant_type="authorization_code",
        code=code,
        code_verifier=verifier,
        redirect_uri=redirect_uri,
    )


def refresh(client: Client, refresh_token: str) -> Tokens:
    """New tokens. Raises TokensRefused, OutboundError."""
    return _ask(client, grant_type="refresh_token", refresh_token=refresh_token)


def _ask(client: Client, **form: str) -> Tokens:
    provider = PROVIDERS[client.provider]
    form |= {
        "client_id": client.client_id,
        "client_secret": client.secret,
        "scope": provider.scope,
    }
    url = client.address(provider.token_url)
    status, body = outbound.ask(url, urlencode(form).encode(), _FORM, within=_SECONDS)
    answer = _as_object(body)
    if status != 200:
        raise TokensRefused(str(answer.get("error") or f"HTTP {status}")[:100])
    access, refreshed = answer.get("access_token"), answer.get("refresh_token")
    if not isinstance(access, str) or not access:
        raise TokensRefused("its answer has no token")
    return Tokens(
        access,
        refreshed if isinstance(refreshed, str) and refreshed else None,
        clock.now() + timedelta(seconds=_life(answer.get("expires_in"))),
    )


def _as_object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _life(said: object) -> int:
    """Seconds; some providers write them as text."""
    try:
        return max(0, min(int(str(said)), 86_400))
    except ValueError:
        return _USUAL_LIFE
