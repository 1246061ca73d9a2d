"""Encryption of secrets that have to be read again, under ENCRYPTION_MASTER_KEY (Fernet).

Its keys are separate from SECRET_KEY. The first key encrypts, all of them decrypt; `rotate`
re-encrypts with the first. The cipher library is loaded at first use: it takes 8 MB.
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
    """Encrypt with the first key. Raises NotConfigured without a key."""
    return _keys().encrypt(text.encode()).decode("ascii")


def decrypt(token: str) -> str:
    """Decrypt. Raises NotConfigured when none of the keys fits."""
    with _of_ours():
        return _keys().decrypt(token).decode()


def rotate(token: str) -> str:
    """Re-encrypt with the first key. Raises NotConfigured when none of the keys fits."""
    with _of_ours():
        return _keys().rotate(token).decode("ascii")


@contextmanager
def _of_ours() -> Iterator[None]:
    """Raise NotConfigured instead of the library's errors."""
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
