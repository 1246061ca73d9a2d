"""Recovery codes: ten random codes, each valid for one sign-in without the second factor.

They have 50 random bits, too few for a plain digest, so they are hashed with scrypt (ASVS 6.5.2).
The codes of a set share a salt: checking one takes one hash.
"""

import hashlib
import hmac
import secrets

COUNT = 10
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that look alike
_LENGTH = 10
_SALT = 8  # hexadecimal digits, in front of the digest


def new_codes() -> list[str]:
    """Ten codes as displayed: `k7m2q-9x4tp`."""
    return [
        _spaced("".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))) for _ in range(COUNT)
    ]


def hash_codes(codes: list[str]) -> list[str]:
    """Hashes of a set, in its order. Takes a third of a second: not under the write lock."""
    salt = secrets.token_hex(_SALT // 2)
    return [_hash(salt, plain(code)) for code in codes]


def matching(code: str, hashes: list[str]) -> str | None:
    """The hash of a set that `code` matches, or None. Takes the same time for any code."""
    if not hashes:
        return None
    hashed = _hash(hashes[0][:_SALT], plain(code))
    found = [stored for stored in hashes if hmac.compare_digest(stored, hashed)]
    return found[0] if found else None


def plain(code: str) -> str:
    """The normal form that is hashed: lower case, without hyphens."""
    return "".join(char for char in code.lower() if char.isalnum())


def _spaced(code: str) -> str:
    half = _LENGTH // 2
    return f"{code[:half]}-{code[half:]}"


def _hash(salt: str, code: str) -> str:
    digest = hashlib.scrypt(code.encode(), salt=salt.encode(), n=2**14, r=8, p=1, dklen=28)
    return salt + digest.hex()
