"""`flask mail-doctor`: findings, trials, dry runs, and an exit code."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from portal.cli.mail_doctor import mail_doctor
from portal.extensions import db
from portal.mail.transport import open_transport
from portal.mail_doctor.dns_client import DnsClient
from portal.models.inbound import Mailbox, MailTrial
from tests.cast import Cast
from tests.dns_server import dns_server
from tests.factories import writing
from tests.inbound.mails import DESK, mail, take_in, tickets
from tests.mail_doctor.test_domains import GOOD
from tests.smtp_sink import Sink, sink

COMMAND = "portal.cli.mail_doctor"


@pytest.fixture(autouse=True)
def _desk(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with writing(app):
        db.session.add(Mailbox(address=DESK))
    with dns_server(GOOD) as server:
        monkeypatch.setitem(app.extensions, "lodge.dns", lambda: DnsClient(server.resolver()))
        yield


@pytest.fixture
def server(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
    with sink() as made:
        transport = open_transport(f"smtp://127.0.0.1:{made.port}?tls=0")
        monkeypatch.setitem(app.extensions, "lodge.mail", transport)
        yield made


def ask(app: Flask, *args: str, exit_code: int = 0, stdin: bytes | None = None) -> Result:
    result = app.test_cli_runner().invoke(mail_doctor, args, input=stdin)
    assert result.exit_code == exit_code, result.output
    return result


def test_findings_stand_under_what_they_are_about(app: Flask, server: Sink) -> None:
    output = ask(app, "--no-trial", "somebody@example.com").output
    assert "\nexample.com\n" in output
    assert "  ok   MX: mail to the domain goes to these servers.\n       mx.example.com" in output
    assert not server.taken


def test_what_is_wrong_is_an_exit_code(app: Flask) -> None:
    assert "FAIL MAIL_URL names no mail server" in ask(app, "--no-trial", exit_code=1).output


def test_a_mail_that_comes_back_is_waited_for(
    app: Flask, server: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    def arrive(_seconds: float) -> None:
        take_in(app, *(bytes(one.content or b"") for one in server.envelopes))

    monkeypatch.setattr(f"{COMMAND}.sleep", arrive)
    output = ask(app, "somebody@example.com").output
    assert f"ok   {DESK}: arrived after 0 s" in output


def test_a_mail_that_does_not_come_back_is_a_failure(
    app: Flask, server: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(0, 10_000, 50))
    monkeypatch.setattr(f"{COMMAND}.monotonic", lambda: float(next(clock)))
    monkeypatch.setattr(f"{COMMAND}.sleep", lambda _seconds: None)
    output = ask(app, "somebody@example.com", exit_code=1).output
    assert f"FAIL {DESK}: the mail has left, and has not arrived" in output
    assert len(server.taken) == 1


def test_a_mail_that_comes_back_with_a_reason_is_a_failure(
    app: Flask, server: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    def come_back(_seconds: float) -> None:
        with writing(app):
            db.session.execute(db.update(MailTrial).values(error="came back: 5.1.1 nobody"))

    monkeypatch.setattr(f"{COMMAND}.sleep", come_back)
    output = ask(app, "somebody@example.com", exit_code=1).output
    assert f"FAIL {DESK}: came back: 5.1.1 nobody" in output


def test_a_mail_that_does_not_leave_is_a_failure(app: Flask, server: Sink) -> None:
    server.refusals[DESK] = ["550 nobody here"]
    output = ask(app, "somebody@example.com", exit_code=1).output
    assert "the mail did not leave: recipient refused: 550 nobody here" in output


def test_a_dry_run_tells_and_changes_nothing(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "one.eml"
    file.write_bytes(mail(subject="Leak \x1b[31m").as_bytes())
    output = ask(app, "--dry-run", str(file)).output
    assert "state:          done" in output
    assert "sender:         ann@example.com (customer)" in output
    assert "  filed: ticket=REQ000001" in output
    assert "\x1b" not in output
    assert not tickets(app)
    assert "state:" in ask(app, "--dry-run", "-", stdin=mail().as_bytes()).output


@pytest.mark.parametrize("args", [("--dry-run", "/nowhere/one.eml"), ("no address", "--no-trial")])
def test_bad_input_is_one_line(app: Flask, args: tuple[str, ...]) -> None:
    output = ask(app, *args, exit_code=1).output
    assert output.startswith("Error: ") and output.count("\n") == 1
