"""Secrets that have to be read again: encrypted under ENCRYPTION_MASTER_KEY, never hashed.

The keys are apart from SECRET_KEY, so that one can be changed without the other. The first of
several keys encrypts, all of them decrypt; `rotate` moves a text to the first. The ciphers are
loaded at the first use: they weigh 8 MB, and most processes never read a secret.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING

from portal.errors import NotConfigured
from portal.extensions import setting

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet


def encrypt(text: str) -> str:
    """`text` under the first key. Raises NotConfigured when there is no key."""
    return _keys().encrypt(text.encode()).decode("ascii")


def decrypt(token: str) -> str:
    """What was encrypted. Raises NotConfigured when none of the keys opens it."""
    with _of_ours():
        return _keys().decrypt(token).decode()


def rotate(token: str) -> str:
    """The same secret under the first key."""
    with _of_ours():
        return _keys().rotate(token).decode("ascii")


@contextmanager
def _of_ours() -> Iterator[None]:
    """Say in our words that none of the keys opens a text."""
    from cryptography.fernet import InvalidToken

    try:
        yield
    except (InvalidToken, ValueError):  # ValueError: letters that no secret of ours is written in
        raise NotConfigured(setting="ENCRYPTION_MASTER_KEY") from None


def _keys() -> "MultiFernet":
    keys = tuple(setting("ENCRYPTION_MASTER_KEYS"))
    if not keys:
        raise NotConfigured(setting="ENCRYPTION_MASTER_KEY")
    return _fernets(keys)


@lru_cache(maxsize=4)
def _fernets(keys: tuple[str, ...]) -> "MultiFernet":
    from cryptography.fernet import Fernet, MultiFernet

    return MultiFernet([Fernet(key) for key in keys])
