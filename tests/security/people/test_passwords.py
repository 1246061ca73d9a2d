import bcrypt
import pytest

from portal.security.people import passwords


@pytest.mark.parametrize(
    "password", ["a" * 8, "п" * 200, "🐴" * 200, "a\0b" * 5, "\ud800 lone surrogate"]
)
def test_what_was_hashed_is_recognised_and_nothing_else(password: str):
    stored = passwords.hash_password(password, rounds=4)
    assert passwords.verify(password, stored, rounds=4)
    assert not passwords.verify(password[:-1], stored, rounds=4)
    assert not passwords.verify(password + "x", stored, rounds=4)


def test_what_comes_after_72_bytes_counts():
    stored = passwords.hash_password("x" * 100, rounds=4)
    assert not passwords.verify("x" * 72, stored, rounds=4)
    assert not passwords.verify("x" * 99 + "y", stored, rounds=4)


def test_a_plain_bcrypt_hash_of_another_system_opens_and_wants_renewal():
    stored = bcrypt.hashpw(b"password of old", bcrypt.gensalt(4)).decode()
    assert passwords.verify("password of old", stored, rounds=4)
    assert passwords.needs_rehash(stored, rounds=4)


def test_a_cheaper_hash_wants_renewal():
    stored = passwords.hash_password("password", rounds=4)
    assert passwords.needs_rehash(stored, rounds=5)
    assert not passwords.needs_rehash(stored, rounds=4)


@pytest.mark.parametrize("stored", [None, "", "nonsense", "$lodge1$nonsense", "$2b$12$short"])
def test_a_missing_or_malformed_hash_opens_nothing(stored: str | None):
    assert not passwords.verify("", stored, rounds=4)
    assert not passwords.verify("password", stored, rounds=4)
