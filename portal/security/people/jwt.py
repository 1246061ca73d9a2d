"""Access tokens: JSON Web Tokens (RFC 7519, 9068) issued and verified by this installation.

One algorithm: RS256 if the operator has set a key file, else HS256. A token names user and sign-in;
rights are read from the database at each request.
"""

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from portal import clock
from portal.extensions import setting
from portal.models.people.user import format_id

TYPE = "at+jwt"
_LONGEST = 4096
_CLAIMS = {"iss", "aud", "sub", "iat", "exp", "jti", "sid", "epoch"}
# Seconds by which clocks of several machines may differ.
_LEEWAY = 30
_SUBJECT = re.compile(r"USR([0-9]{6,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class AccessToken:
    """Verified claims. `family_id` names the sign-in, `epoch` is the user's when it was issued."""

    user_id: int
    epoch: int
    family_id: int
    expires_at: datetime


def issue(*, user_id: int, epoch: int, family_id: int) -> str:
    """Issue a token for that sign-in of the user."""
    from joserfc import jwt

    moment = int(clock.now().timestamp())
    claims = {
        "iss": _issuer(),
        "aud": _audience(),
        "sub": format_id(user_id),
        "iat": moment,
        "exp": moment + int(setting("ACCESS_TOKEN_LIFETIME").total_seconds()),
        "jti": secrets.token_urlsafe(16),
        "sid": family_id,
        "epoch": epoch,
    }
    algorithm, keys = _keys()
    return jwt.encode({"alg": algorithm, "typ": TYPE}, claims, keys[0], algorithms=[algorithm])


def read(text: str) -> AccessToken | None:
    """The claims of a valid token; None for one that is forged, malformed or expired."""
    if len(text) > _LONGEST or not text.isascii():
        return None
    algorithm, keys = _keys()
    claims = next((c for key in keys if (c := _verified(text, algorithm, key)) is not None), None)
    return None if claims is None else _checked(claims)


def _verified(text: str, algorithm: str, key: Any) -> dict[str, Any] | None:
    """The claims if `key` has signed them and the header is exactly ours."""
    from joserfc import jwt
    from joserfc.errors import JoseError

    try:
        token = jwt.decode(text, key, algorithms=[algorithm])
    except (JoseError, ValueError, TypeError, KeyError, RecursionError):
        return None
    if token.header != {"alg": algorithm, "typ": TYPE}:
        return None
    return token.claims


def _checked(claims: dict[str, Any]) -> AccessToken | None:
    numbers = [claims.get(name) for name in ("iat", "exp", "sid", "epoch")]
    subject, token_id = claims.get("sub"), claims.get("jti")
    if set(claims) != _CLAIMS or not all(type(number) is int for number in numbers):
        return None
    match = _SUBJECT.fullmatch(subject) if isinstance(subject, str) else None
    if match is None or not isinstance(token_id, str) or not token_id:
        return None
    if (claims["iss"], claims["aud"]) != (_issuer(), _audience()):
        return None
    moment = clock.now().timestamp()
    if claims["exp"] <= moment or claims["iat"] > moment + _LEEWAY:
        return None
    expires_at = datetime.fromtimestamp(claims["exp"], UTC)
    return AccessToken(int(match[1]), claims["epoch"], claims["sid"], expires_at)


def _issuer() -> str:
    return str(setting("BASE_URL"))


def _audience() -> str:
    return f"{setting('BASE_URL')}/api/v1"


def _keys() -> tuple[str, list[Any]]:
    """The algorithm and its keys: the first signs, all verify."""
    if pem := setting("JWT_PRIVATE_KEY"):
        return "RS256", [_rsa_key(pem)]
    texts = [setting("SECRET_KEY"), *setting("SECRET_KEY_FALLBACKS")]
    return "HS256", [_shared_key(text) for text in texts]


@lru_cache(maxsize=8)
def _shared_key(secret: str) -> Any:
    """A key derived for this purpose, so that no other signature is valid as a token."""
    from joserfc.jwk import OctKey

    return OctKey.import_key(hmac.digest(secret.encode(), b"lodge access token", "sha256"))


@lru_cache(maxsize=2)
def _rsa_key(pem: str) -> Any:
    from joserfc.jwk import RSAKey

    return RSAKey.import_key(pem)
