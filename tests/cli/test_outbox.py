"""`flask outbox`: what an operator sees and decides."""

import pytest
from click.testing import Result
from flask import Flask

from portal.cli.outbox import outbox
from portal.extensions import db
from portal.models.delivery import Outbox, OutboxState
from portal.services.delivery import outbox as service
from portal.services.delivery.outbox import Mail, schedule_mails
from tests.factories import writing


@pytest.fixture
def mails(app: Flask) -> dict[str, int]:
    """The ids of one mail in each state, by state."""
    ids = {}
    with writing(app):
        for state in OutboxState:
            schedule_mails(Mail(template="already_registered", recipient=f"{state}@example.com"))
        rows = db.session.scalars(db.select(Outbox).order_by(Outbox.id))
        for state, row in zip(OutboxState, rows, strict=True):
            row.state = state
            row.error = "550 no\tsuch\nuser" if state == OutboxState.PARKED else None
            ids[str(state)] = row.id
    return ids


def run(app: Flask, *words: object) -> Result:
    return app.test_cli_runner().invoke(outbox, [str(word) for word in words])


def states(app: Flask) -> dict[str, str]:
    """State by the state at the beginning."""
    with app.app_context():
        rows = db.session.scalars(db.select(Outbox))
        return {row.recipient.partition("@")[0]: row.state for row in rows}


def test_the_list_is_a_line_a_mail_newest_first(app: Flask, mails: dict[str, int]) -> None:
    result = run(app, "list")
    lines = [line.split("\t") for line in result.output.splitlines()]
    assert result.exit_code == 0
    assert [int(line[0]) for line in lines] == sorted(mails.values(), reverse=True)
    assert {len(line) for line in lines} <= {6, 7}


def test_the_list_of_one_state_shows_the_reason_in_one_line(
    app: Flask, mails: dict[str, int]
) -> None:
    [line] = run(app, "list", "--state", "parked").output.splitlines()
    assert line.split("\t")[1:3] == ["parked", "0"]
    assert line.endswith("\tparked@example.com\t550 no such user")


def test_an_empty_list_is_no_error(app: Flask) -> None:
    result = run(app, "list")
    assert (result.exit_code, result.output) == (0, "")


def test_the_status_counts_and_fails_when_something_was_given_up(
    app: Flask, mails: dict[str, int]
) -> None:
    result = run(app, "status")
    assert result.exit_code == 1
    assert result.output.startswith("pending 1 (after a failed try 0, oldest 20")
    assert result.output.endswith("parked 1\n")


def test_the_status_is_fine_when_nothing_was_given_up(app: Flask) -> None:
    result = run(app, "status")
    assert result.exit_code == 0
    assert result.output == "pending 0 (after a failed try 0, oldest -), parked 0\n"


def test_retrying(app: Flask, mails: dict[str, int]) -> None:
    result = run(app, "retry", mails["parked"], mails["dropped"])
    assert result.exit_code == 0
    assert states(app) == {
        "pending": "pending",
        "sent": "sent",
        "parked": "pending",
        "dropped": "pending",
    }


def test_retrying_all_that_were_parked(app: Flask, mails: dict[str, int]) -> None:
    assert run(app, "retry", "--parked").exit_code == 0
    assert states(app)["parked"] == "pending"
    assert states(app)["dropped"] == "dropped"


def test_what_was_sent_is_not_sent_again_and_the_others_are(
    app: Flask, mails: dict[str, int]
) -> None:
    result = run(app, "retry", mails["sent"], 404, mails["parked"])
    assert result.exit_code == 1
    assert f"{mails['sent']} was sent or is being sent" in result.output
    assert "404 is unknown" in result.output
    assert "2 of 3 could not be changed" in result.output
    assert states(app)["sent"] == "sent"
    assert states(app)["parked"] == "pending"


def test_parking(app: Flask, mails: dict[str, int]) -> None:
    result = run(app, "park", mails["pending"], "--reason", "wrong customer")
    assert result.exit_code == 0
    with app.app_context():
        row = db.session.get_one(Outbox, mails["pending"])
        assert (row.state, row.error) == (OutboxState.PARKED, "wrong customer")


def test_parking_what_was_sent_is_refused(app: Flask, mails: dict[str, int]) -> None:
    assert run(app, "park", mails["sent"]).exit_code == 1
    assert states(app)["sent"] == "sent"


@pytest.mark.parametrize(
    "words",
    [
        ["retry"],
        ["retry", "--parked", "1"],
        ["retry", "one"],
        ["retry", "0"],
        ["park"],
        ["park", str(2**63)],
        ["list", "--state", "lost"],
        ["list", "--limit", "0"],
    ],
    ids=" ".join,
)
def test_bad_input_is_one_line_and_no_trace(app: Flask, words: list[str]) -> None:
    result = run(app, *words)
    assert result.exit_code == 2
    assert "Error: " in result.output
    assert "Traceback" not in result.output


def test_letting_go_of_parked_mails_alone(app: Flask, mails: dict[str, int]) -> None:
    result = run(app, "drop", "--yes", *mails.values())
    assert result.exit_code == 1
    assert "3 of 4 could not be changed" in result.output
    assert states(app) == {**{state: state for state in states(app)}, "parked": "dropped"}
    lines = run(app, "list", "--state", "dropped").output.splitlines()
    assert [line.endswith("\tnot wanted any more") for line in lines].count(True) == 1


@pytest.mark.parametrize("verb", ["retry", "park", "drop"])
def test_a_mail_that_cannot_be_changed_stops_no_other(
    app: Flask, mails: dict[str, int], monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    """Whatever the reason: here the verb itself fails in the middle of its change."""
    with writing(app):
        wanted = OutboxState.PENDING if verb == "park" else OutboxState.PARKED
        db.session.execute(db.update(Outbox).values(state=wanted))
    _first, bad, *_others = sorted(mails.values())
    whole = getattr(service, verb)

    def broken(outbox_id: int, *reason: str) -> bool:
        done: bool = whole(outbox_id, *reason)
        return done if outbox_id != bad else 1 / 0 > 1

    monkeypatch.setattr(service, verb, broken)
    before = states(app)
    agreed = ["--yes"] if verb == "drop" else []
    result = run(app, verb, *agreed, *sorted(mails.values()))
    assert result.exit_code == 1
    assert f"{bad} failed: the log says why" in result.output.splitlines()
    assert "1 of 4 could not be changed" in result.output
    changed = [name for name, state in states(app).items() if state != before[name]]
    assert len(changed) == 3
    assert bad not in [mails[name] for name in changed]
