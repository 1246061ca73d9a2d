"""What Sentry is told: where it broke, and nothing about whom. Against a server on loopback."""

import ast
import gzip
import json
import logging
import sqlite3
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
import sentry_sdk
from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError, StatementError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from portal import logs, reporting
from portal.errors import ConfigError
from portal.web import errors
from tests.architecture.source import modules
from tests.conftest import MakeApp
from tests.waiting import PATIENCE

SECRETS = (
    "ann@example.com",
    "hunter2",
    "lk_abcdefgh" + "Z9" * 20,
    "a secret in a local variable",
    "Ann Archer",
)


class Sentry:
    """A server that keeps what it is sent."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        kept = self.bodies

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                zipped = self.headers.get("Content-Encoding") == "gzip"
                kept.append(gzip.decompress(body) if zipped else body)
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_words: Any) -> None:
                """Nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.dsn = f"http://key@127.0.0.1:{self.server.server_port}/1"

    def events(self) -> list[dict[str, Any]]:
        """What came, without the envelopes."""
        lines = [json.loads(line) for body in self.bodies for line in body.splitlines()]
        return [line for line in lines if "logentry" in line]


@pytest.fixture
def sentry() -> Iterator[Sentry]:
    made = Sentry()
    thread = Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    reporting.start(made.dsn)
    yield made
    sentry_sdk.get_client().close(timeout=PATIENCE)
    sentry_sdk.get_global_scope().set_client(None)
    made.server.shutdown()
    made.server.server_close()
    thread.join(PATIENCE)


def _break(value: str) -> None:
    hidden = value  # noqa: F841 - a local variable that must not be sent
    raise ValueError(
        f"Key (email)=(ann@example.com) exists, DETAIL: Ann Archer, password={SECRETS[1]}"
    )


def test_an_error_is_reported_without_anybody_s_data(sentry: Sentry) -> None:
    with logs.bind_request_id("request-77"):
        try:
            _break(SECRETS[3])
        except ValueError:
            log = logging.getLogger("lodge.test")
            log.exception("mail to %s with %s failed", SECRETS[0], SECRETS[2], extra={"a": "b"})
    reporting.flush(PATIENCE)
    [event] = sentry.events()
    assert event["tags"] == {"request_id": "request-77"}
    assert event["logentry"]["message"] == "mail to %s with %s failed"
    [exception] = event["exception"]["values"]
    assert exception["type"] == "ValueError"
    assert exception["stacktrace"]["frames"][-1]["function"] == "_break"
    sent = b"".join(sentry.bodies).decode()
    assert not [secret for secret in SECRETS if secret in sent]
    for never in ("server_name", "user", "request", "breadcrumbs", "modules", "extra", "vars"):
        assert never not in event


STATEMENT = "SELECT * FROM users WHERE email = 'ann@example.com'"
ORIGINAL = sqlite3.OperationalError("DETAIL: Ann Archer, password=hunter2")
# What may break in a view: each kind that has a handler of its own, and others.
BREAKING: list[Exception] = [
    OperationalError(STATEMENT, {}, ORIGINAL, hide_parameters=True),
    InterfaceError(STATEMENT, {}, ORIGINAL, hide_parameters=True, connection_invalidated=True),
    IntegrityError(STATEMENT, {}, ORIGINAL, hide_parameters=True),
    PoolExhausted("QueuePool limit of size 8 reached"),
    StatementError("no such parameter", STATEMENT, {}, ValueError("ann@example.com")),
    ValueError("ann@example.com"),
    KeyError("ann@example.com"),
    RuntimeError(),
]


def test_whatever_breaks_in_a_view_is_reported_with_its_type_and_place(
    sentry: Sentry, make_app: MakeApp
) -> None:
    app = make_app()

    def break_in_a_view(number: int) -> str:
        raise BREAKING[number]

    app.add_url_rule("/break/<int:number>", "break", break_in_a_view)
    for number, error in enumerate(BREAKING):
        sentry.bodies.clear()
        assert app.test_client().get(f"/break/{number}").status_code in {500, 503}
        reporting.flush(PATIENCE)
        [event] = sentry.events()
        told = event["exception"]["values"]
        assert type(error).__name__ in [one["type"] for one in told]
        places = [frame["function"] for one in told for frame in one["stacktrace"]["frames"]]
        assert "break_in_a_view" in places
        sent = b"".join(sentry.bodies).decode()
        assert not [secret for secret in SECRETS if secret in sent]


@pytest.mark.parametrize("style", ["text", "json"])
def test_a_database_that_is_away_is_one_line_of_the_log(
    style: str, capsys: pytest.CaptureFixture[str], make_app: MakeApp
) -> None:
    app = make_app()
    before = logging.getLevelName(logging.getLogger().level)
    logs.configure("ERROR", style)
    try:
        with app.test_request_context():
            errors._unavailable(BREAKING[0])
    finally:
        logs.configure(before, "text")
    said = capsys.readouterr().err
    assert "database not available" in said
    assert "Traceback" not in said


def test_what_was_caught_is_never_logged_as_an_error_without_itself() -> None:
    """Else Sentry hears neither its type nor its place."""
    bare = []
    for module in modules("portal", "jobs"):
        for handler in (n for n in ast.walk(module.tree) if isinstance(n, ast.ExceptHandler)):
            for call in (n for n in ast.walk(handler) if isinstance(n, ast.Call)):
                is_error = isinstance(call.func, ast.Attribute) and call.func.attr in {
                    "error",
                    "critical",
                }
                if is_error and "exc_info" not in {keyword.arg for keyword in call.keywords}:
                    bare.append(f"{module.name}:{call.lineno}")
    assert bare == []


def test_warnings_are_not_reported(sentry: Sentry) -> None:
    logging.getLogger("lodge.test").warning("mail 7 has to wait")
    reporting.flush(PATIENCE)
    assert sentry.events() == []


def test_an_address_that_only_sentry_finds_wrong_is_one_line() -> None:
    with pytest.raises(ConfigError, match="SENTRY_DSN cannot be understood"):
        reporting.start("nonsense")
