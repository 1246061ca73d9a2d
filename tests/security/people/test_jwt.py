"""What an access token opens, and the forgeries that open nothing."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from joserfc import jwt as jose
from joserfc.jwk import OctKey, RSAKey

from portal import clock
from portal.security.people import jwt
from tests.bare_app import bare_app

pytestmark = pytest.mark.usefixtures("bare_context")
Change = Callable[[dict[str, Any]], object]


def issue() -> str:
    return jwt.issue(user_id=7, epoch=2, family_id=5)


def parts(text: str) -> list[dict[str, Any]]:
    return [json.loads(base64.urlsafe_b64decode(part + "==")) for part in text.split(".")[:2]]


def key(secret: str = "only-for-tests") -> OctKey:
    return OctKey.import_key(hmac.digest(secret.encode(), b"lodge access token", hashlib.sha256))


def forge(*, header: dict[str, Any] | None = None, **claims: Any) -> str:
    """A token under our own key that says something else; None takes a claim out."""
    said = parts(issue())
    told = {name: value for name, value in {**said[1], **claims}.items() if value is not None}
    return jose.encode({**said[0], **(header or {})}, told, key())


def test_a_token_says_who_and_which_sign_in() -> None:
    access = jwt.read(issue())
    assert access is not None
    assert (access.user_id, access.epoch, access.family_id) == (7, 2, 5)
    assert timedelta(minutes=14) < access.expires_at - clock.now() <= timedelta(minutes=15)


def test_it_names_all_that_makes_it_ours() -> None:
    header, claims = parts(issue())
    assert header == {"alg": "HS256", "typ": "at+jwt"}
    assert set(claims) == {"iss", "aud", "sub", "iat", "exp", "jti", "sid", "epoch"}
    assert (claims["iss"], claims["aud"]) == ("http://localhost", "http://localhost/api/v1")
    assert (claims["sub"], claims["exp"] - claims["iat"]) == ("USR000007", 900)


def test_no_two_tokens_are_alike() -> None:
    assert len({issue() for _ in range(20)}) == 20


def test_it_ends_after_fifteen_minutes() -> None:
    text = issue()
    with time_machine.travel(clock.now() + timedelta(minutes=14)):
        assert jwt.read(text)
    with time_machine.travel(clock.now() + timedelta(minutes=15, seconds=1)):
        assert jwt.read(text) is None


def test_a_token_of_tomorrow_opens_nothing() -> None:
    with time_machine.travel(clock.now() + timedelta(days=1)):
        text = issue()
    assert jwt.read(text) is None


@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "iat", "exp", "jti", "sid", "epoch"])
def test_each_claim_is_required(claim: str) -> None:
    assert jwt.read(forge()) is not None
    assert jwt.read(forge(**{claim: None})) is None


@pytest.mark.threat("forged access tokens")
@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "http://elsewhere"},
        {"iss": ["http://localhost"]},
        {"aud": "http://localhost"},
        {"aud": ["http://localhost/api/v1"]},
        {"sub": 7},
        {"sub": "7"},
        {"sub": "USR0000007 "},
        {"sub": "USR٠٠٠٠٠٧"},
        {"exp": "2999-01-01"},
        {"exp": True},
        {"exp": 1e300},
        {"exp": 0},
        {"iat": "now"},
        {"jti": ""},
        {"jti": 5},
        {"sid": "5"},
        {"sid": 5.0},
        {"epoch": True},
        {"role": "admin"},
        {"nbf": 0},
    ],
    ids=str,
)
def test_each_claim_has_to_be_what_we_write(claims: dict[str, Any]) -> None:
    assert jwt.read(forge(**claims)) is None


@pytest.mark.threat("forged access tokens")
@pytest.mark.parametrize(
    "header",
    [
        {"typ": "JWT"},
        {"typ": "rt+jwt"},
        {"kid": "1"},
        {"cty": "JWT"},
        {"jku": "http://localhost/keys"},
        {"x5u": "http://localhost/key"},
        {"jwk": {"kty": "oct", "k": "AAAA"}},
    ],
    ids=str,
)
def test_a_header_that_is_not_ours_opens_nothing(header: dict[str, Any]) -> None:
    assert jwt.read(forge(header=header)) is None


def raw(header: object, claims: object, signature: bytes = b"") -> str:
    encoded = [json.dumps(part).encode() for part in (header, claims)]
    return ".".join(
        base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (*encoded, signature)
    )


@pytest.mark.threat("forged access tokens")
def test_unsigned_and_otherwise_signed_tokens_open_nothing() -> None:
    _header, claims = parts(issue())
    for algorithm in ("none", "None", "NONE", "nOnE", "", "HS384", "RS256", None):
        assert jwt.read(raw({"alg": algorithm, "typ": "at+jwt"}, claims)) is None
    for secret in ("", "another", "only-for-test"):
        assert jwt.read(jose.encode({"alg": "HS256", "typ": "at+jwt"}, claims, key(secret))) is None
    # The key of cookies and links is not the key of tokens.
    plain = OctKey.import_key("only-for-tests")
    assert jwt.read(jose.encode({"alg": "HS256", "typ": "at+jwt"}, claims, plain)) is None


def test_a_token_that_was_touched_opens_nothing() -> None:
    text = issue()
    header, claims, signature = text.split(".")
    spoiled = [
        text[:-2],
        text + ".",
        f".{text}",
        f"{header}.{claims}.",
        f"{header}.{claims}",
        f"{header}..{signature}",
        f"{header}.{claims}.{signature}.{signature}",
        text.upper(),
        text.replace(".", " "),
        f"{text} ",
        text + "é",
        text * 20,
    ]
    assert [t for t in spoiled if jwt.read(t) is not None] == []


def test_deeply_nested_headers_open_nothing() -> None:
    deep = base64.urlsafe_b64encode(b"[" * 2900).rstrip(b"=").decode()
    assert jwt.read(f"{deep}.e30.AAAA") is None


@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(
    st.one_of(st.text(max_size=200), st.from_regex(r"\A[\w-]{0,40}\.[\w-]{0,40}\.[\w-]{0,40}\Z"))
)
def test_no_text_at_all_is_an_error(text: str) -> None:
    assert jwt.read(text) is None


def test_a_former_secret_is_still_believed_and_no_longer_signs() -> None:
    old = issue()
    renewed = bare_app(SECRET_KEY="new" * 20, SECRET_KEY_FALLBACKS="only-for-tests")
    with renewed.app_context():
        assert jwt.read(old) is not None
        new = issue()
    assert jwt.read(new) is None
    stranger = bare_app(SECRET_KEY="new" * 20)
    with stranger.app_context():
        assert (jwt.read(old), jwt.read(new) is None) == (None, False)


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An RSA key as an operator keeps it."""
    path = tmp_path_factory.mktemp("keys") / "jwt.pem"
    made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    path.write_bytes(
        made.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@pytest.fixture
def with_rsa(pem: Path) -> Flask:
    """An application whose operator has set a key file."""
    return bare_app(JWT_KEY_FILE=str(pem))


def test_with_a_key_file_tokens_are_signed_by_rsa_alone(with_rsa: Flask) -> None:
    by_secret = issue()
    with with_rsa.app_context():
        text = issue()
        assert parts(text)[0]["alg"] == "RS256"
        assert jwt.read(text) is not None
        assert jwt.read(by_secret) is None
    assert jwt.read(text) is None


@pytest.mark.threat("forged access tokens")
def test_the_public_key_does_not_sign(with_rsa: Flask, pem: Path) -> None:
    """The oldest confusion: the RSA key's public half, which is no secret, used for HMAC."""
    public = RSAKey.import_key(pem.read_bytes()).as_pem(private=False)
    with with_rsa.app_context():
        claims = parts(issue())[1]
        for algorithm in ("HS256", "RS256"):
            head = {"alg": algorithm, "typ": "at+jwt"}
            text = raw(head, claims)
            signed = hmac.digest(public, text.rpartition(".")[0].encode(), hashlib.sha256)
            assert jwt.read(raw(head, claims, signed)) is None
