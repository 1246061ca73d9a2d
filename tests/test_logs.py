"""Log lines: one a record, and no credential in any of them."""

import json
import logging
from collections.abc import Iterator

import pytest

from portal import logs
from tests import timing

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
        "mail 12 sent to a@x.org in 31 ms",
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


@pytest.mark.threat("costly text")
@pytest.mark.parametrize("piece", ["password", "eyJ-", "://a:", "'", "lk_a"])
def test_redaction_takes_time_in_proportion_to_the_text(piece: str) -> None:
    short, long = piece * 2_000, piece * 40_000
    # In proportion to the square it would be 400 times as long.
    assert timing.work(lambda: logs.redacted(long)) < 150 * timing.work(
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
