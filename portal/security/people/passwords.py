"""Password hashing: bcrypt over a digest, so that long passwords are not truncated.

bcrypt reads 72 bytes, which are 36 Cyrillic letters. So it gets a keyed digest (SHA-384 in base64:
64 bytes, no NUL).
"""

import base64
import hashlib
import hmac
from functools import lru_cache

import bcrypt

MIN_LENGTH = 8
MAX_LENGTH = 200
_SCHEME = "$lodge1"
_KEY = b"lodge password digest 1"


def hash_password(password: str, *, rounds: int) -> str:
    """A hash to store. Takes about 0.25 s with 12 rounds."""
    return _SCHEME + bcrypt.hashpw(_digest(password), bcrypt.gensalt(rounds)).decode("ascii")


def verify(password: str, stored: str | None, *, rounds: int) -> bool:
    """Whether `password` matches. Takes as long without a stored hash (ASVS 6.3.8)."""
    if stored is None:
        _check(_digest(password), _dummy(rounds))
        return False
    if stored.startswith(_SCHEME):
        return _check(_digest(password), stored.removeprefix(_SCHEME))
    # Accounts brought from another system carry plain bcrypt, whose checks stop at 72 bytes.
    return _check(password.encode("utf-8", "surrogatepass")[:72], stored)


def needs_rehash(stored: str, *, rounds: int) -> bool:
    """Whether the hash has an older scheme or fewer rounds than `rounds`."""
    return not stored.startswith(f"{_SCHEME}$2b${rounds:02d}$")


def _digest(password: str) -> bytes:
    raw = password.encode("utf-8", "surrogatepass")
    return base64.b64encode(hmac.digest(_KEY, raw, hashlib.sha384))


def _check(secret: bytes, stored: str) -> bool:
    try:
        return bcrypt.checkpw(secret, stored.encode("ascii"))
    except ValueError:  # not a bcrypt hash at all
        return False


@lru_cache(maxsize=4)
def _dummy(rounds: int) -> str:
    return bcrypt.hashpw(b"nobody", bcrypt.gensalt(rounds)).decode("ascii")
