"""Log lines: one a record, and no credential in any of them."""

import json
import logging
from collections.abc import Callable, Iterator
from typing import TypeAlias

import pytest
from flask import Flask

from portal import logs
from tests import timing
from tests.cast import Cast
from tests.page import Visitor

Capture: TypeAlias = pytest.CaptureFixture[str]

KEY = "lk_abcdefgh" + "Z9" * 20
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
LINK = "MTI.aBcDeFgHiJkLmNoPqRsTuVwXyZ012345"


@pytest.fixture(params=["text", "json"])
def style(request: pytest.FixtureRequest) -> Iterator[str]:
    """Logging as an operator would set it, to the stream that the test reads; then as it was."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield request.param
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.threat("secrets in logs")
@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (f"key {KEY} refused", KEY[11:]),
        (f"Authorization: Bearer {KEY}", KEY[11:]),
        ("{'Authorization': 'Basic dXNlcjpodW50ZXIy'}", "dXNlcjpodW50ZXIy"),
        (f"token was {JWT}", JWT.rpartition(".")[2]),
        ("form {'password': 'correct horse battery', 'email': 'a@x.org'}", "horse"),
        ("new_password=hunter2&email=a@x.org", "hunter2"),
        ("csrf_token: abcdef", "abcdef"),
        ("ENCRYPTION_MASTER_KEY=c2VjcmV0", "c2VjcmV0"),
        ("code=123456 was wrong", "123456"),
        ("Cookie: lodge=abc.def.ghi", "abc.def"),
        (f"POST /auth/reset/{LINK} failed", LINK),
        ("cannot reach smtp://user:hunter2@mail.example.com:587", "hunter2"),
    ],
)
def test_what_looks_like_a_credential_is_not_written(
    style: str, capsys: pytest.CaptureFixture[str], text: str, secret: str
) -> None:
    logs.configure("INFO", style)
    logging.getLogger("lodge.test").warning("%s", text)
    try:
        raise RuntimeError(text)
    except RuntimeError:
        logging.getLogger("lodge.test").exception("it broke")
    written = capsys.readouterr().err
    assert secret not in written
    assert "it broke" in written and "RuntimeError" in written


@pytest.mark.parametrize(
    "text",
    [
        "mail 12 sent in 31 ms",
        "cannot reach smtp://desk@mail.example.com:587",
        "error code: 5, status code=404",
        "GET /auth/login failed",
        "database not available: connection to 127.0.0.1:5432 refused",
        "redis://127.0.0.1:6379/0",
    ],
)
def test_what_operators_need_is_left_alone(text: str) -> None:
    assert logs.redacted(text) == text


def test_a_key_can_still_be_told_by_its_prefix() -> None:
    assert logs.redacted(f"key {KEY} refused") == "key lk_abcdefgh… refused"


@pytest.mark.threat("secrets in logs")
@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("550 5.1.1 <ann.archer+desk@example.com>: unknown", "ann.archer"),
        ("ratelimit 10 per 5 minute (account:ann@example.com) exceeded", "ann@"),
        ("ratelimit 20 per 5 minute (address:192.0.2.77) exceeded", "192.0.2.77"),
        ("ratelimit 20 per 5 minute (address:2001:db8:7::/64) exceeded", "2001:db8"),
        ("Key (email)=(jürgen@müller.example) already exists.", "jürgen"),
        ("o'neill@example.co.uk", "neill"),
    ],
)
def test_nobody_is_named_by_an_address(
    style: str, capsys: pytest.CaptureFixture[str], text: str, person: str
) -> None:
    logs.configure("INFO", style)
    logging.getLogger("lodge.test").info("%s", text)
    try:
        raise RuntimeError(text)
    except RuntimeError:
        logging.getLogger("lodge.test").exception("it broke")
    written = capsys.readouterr().err
    assert person not in written and "it broke" in written


@pytest.mark.threat("secrets in logs")
def test_who_was_tried_and_from_where_is_in_no_line(
    style: str, app: Flask, cast: Cast, visit: Callable[[], Visitor], capsys: Capture
) -> None:
    """Each way in is tried until its limits say so, by page and API, for known and unknown."""
    logs.configure("INFO", style)
    peer = {"environ_base": {"REMOTE_ADDR": "192.0.2.77"}}
    for email in (cast.ann.email, "planted.stranger@example.com"):
        for path in ("/auth/login", "/auth/forgot", "/auth/register"):
            for _ in range(12):
                browser = visit()
                fields = {"email": email, "password": "x", "csrf_token": browser.csrf_token()}
                browser.http.post(path, data=fields, **peer)
        for path in ("login", "password-reset-request"):
            for _ in range(12):
                body = {"email": email, **({"password": "x"} if path == "login" else {})}
                app.test_client().post(f"/api/v1/auth/{path}", json=body, **peer)
    written = capsys.readouterr().err
    assert "ratelimit" in written
    for planted in ("@example.com", "planted.stranger", "192.0.2.77"):
        assert planted not in written


@pytest.mark.threat("costly text")
@pytest.mark.parametrize(
    "piece", ["a@", "a.", "address:", "x@a.b", "password", "eyJ-", "://a:", "'", "lk_a"]
)
def test_redaction_takes_time_in_proportion_to_the_text(piece: str) -> None:
    short, long = piece * 2_000, piece * 40_000
    # In proportion to the square it would be 400 times as long.
    assert timing.cpu_seconds(lambda: logs.redacted(long)) < 150 * timing.cpu_seconds(
        lambda: logs.redacted(short)
    )


@pytest.mark.threat("headers made of text")
def test_a_record_is_one_line(style: str, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO", style)
    logging.getLogger("lodge.test").warning("first\nsecond\r\nthird")
    written = capsys.readouterr().err
    assert len(written.splitlines()) == 1
    if style == "json":
        assert json.loads(written)["message"] == "first\nsecond\r\nthird"
