"""`flask import-tickets` with exports of other desks: as they come, again, interrupted, at once."""

import csv
import os
import re
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from flask.cli import ScriptInfo
from sqlalchemy import func, select

from portal import create_app
from portal.cli.importing.import_tickets import import_tickets
from portal.extensions import db
from portal.models.organizations import Organization
from portal.models.people import User
from portal.models.tickets import Comment, SearchDocument, Ticket, TicketCount, TicketEvent
from portal.services.tickets.importing import imports
from tests.cast import Cast
from tests.forked import ended, forked
from tests.importers.samples import FRESHDESK, SAMPLES
from tests.importers.table_files import csv_text

HEADER = ["Ticket ID", "Subject", "Created time", "Email", "Company name", "Status", "Agent"]
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A table of Freshdesk's with these rows."""

    def written(*rows: list[str], name: str = "export.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(csv_text([HEADER, *rows]).encode())
        return path

    return written


def row(number: int, **more: str) -> list[str]:
    values = {
        "Ticket ID": str(number),
        "Subject": f"Ticket {number}",
        "Created time": "2025-11-12 09:05:00",
        "Email": f"person{number % 7}@example.org",
        "Company name": "Northwind",
        "Status": "Open",
        **more,
    }
    return [values.get(name, "") for name in HEADER]


def run(app: Flask, *words: object) -> Result:
    return app.test_cli_runner().invoke(import_tickets, [str(word) for word in words])


def last(result: Result) -> str:
    return result.stdout.splitlines()[-1]


def number(app: Flask, *models: type) -> list[int]:
    with app.app_context():
        return [db.session.scalar(select(func.count()).select_from(model)) or 0 for model in models]


@pytest.mark.parametrize("desk", sorted(SAMPLES))
def test_an_export_comes_in_as_it_is_and_once(
    app: Flask, cast: Cast, tmp_path: Path, desk: str
) -> None:
    path = SAMPLES[desk].write(tmp_path)
    result = run(app, path)
    assert (result.exit_code, last(result)) == (0, "2 imported, 0 here already, 0 not taken")
    assert last(run(app, path)) == "0 imported, 2 here already, 0 not taken"
    with app.app_context():
        first, second = db.session.scalars(select(Ticket).order_by(Ticket.id))
        assert (first.assignee_id, second.assignee_id) == (cast.sam.id, None)
        assert first.external_number
        assert db.session.scalar(select(func.sum(TicketCount.tickets))) == 2


def test_it_says_how_the_file_is_understood(app: Flask, tmp_path: Path) -> None:
    result = run(app, SAMPLES["osticket"].write(tmp_path))
    assert result.stdout.startswith(
        "Read as a table of osTicket, windows-1251, comma between cells\n"
    )
    assert "Assigned to nobody: 'Sam Smith' is not on the staff here (1 times)" in result.stdout


def test_a_dry_run_says_what_would_happen_and_changes_nothing(
    app: Flask, cast: Cast, tmp_path: Path
) -> None:
    path = FRESHDESK.write(tmp_path)
    before = number(app, User, Organization, Ticket)
    result = run(app, path, "--dry-run")
    assert number(app, User, Organization, Ticket) == before
    lines = result.stdout.splitlines()
    assert "'Ticket ID' (number), 'Subject' (subject), 'Description' (body)" in lines[3]
    assert lines[4].startswith("Columns left out: 'Due by Time', 'Time tracked'")
    assert lines[5:] == [
        "line 2: 17, solved, high, 2026-11-02 09:05 UTC, Ann Archer <ann@example.com>, Acme, "
        "Cannot sign in",
        "line 4: 18, pending, low, 2026-11-03 09:00 UTC, New Person <new@example.org>, Feature",
        "Tickets by status: 1 solved, 1 pending",
        "Accounts to be made: 1, organizations: 0",
        "2 would be imported, 0 here already, 0 not taken; nothing was changed",
    ]
    run(app, path)
    assert last(run(app, path, "--dry-run")).startswith("0 would be imported, 2 here already")


def test_rows_that_are_not_taken_can_be_mended_and_imported(
    app: Flask, write: Write, tmp_path: Path
) -> None:
    rows = [row(1), row(2, Status="Lost"), row(3, Email="nobody"), row(4, Subject=" ")]
    rejected = tmp_path / "rejected.csv"
    result = run(app, write(*rows), "--report", rejected)
    assert (result.exit_code, last(result)) == (1, "1 imported, 0 here already, 3 not taken")
    header, *found = csv.reader(rejected.read_text().splitlines())
    assert header == ["import_line", "import_problem", *HEADER]
    assert [line[:2] for line in found] == [
        [
            "3",
            "Status 'lost' is none of new, open, pending, on_hold, solved, closed; "
            "say --map-value 'status:lost=…'",
        ],
        ["4", "Email 'nobody' is not an e-mail address"],
        ["5", "Subject is empty"],
    ]
    assert oct(rejected.stat().st_mode)[-3:] == "600"
    mended = rejected.read_text().replace(",nobody,", ",somebody@example.org,")
    rejected.write_text(mended.replace(",Lost,", ",Closed,").replace(",4, ,", ",4,Words,"))
    again = tmp_path / "again.csv"
    assert last(run(app, rejected, "--report", again)) == "3 imported, 0 here already, 0 not taken"
    assert again.read_text().splitlines() == [",".join(header)]


def test_the_most_frequent_problem_of_many_is_told(app: Flask, write: Write) -> None:
    rows = [row(n, Status="Lost" if n % 3 else "Gone") for n in range(150)]
    result = run(app, write(*rows), "--dry-run")
    assert "Not taken 100 times: Status 'lost' is none of" in result.stdout
    assert "Not taken 50 times: Status 'gone' is none of" in result.stdout


def test_empty_rows_of_a_spreadsheet_are_none(app: Flask, write: Write) -> None:
    path = write(row(1), [""] * len(HEADER), ["", ""])
    assert last(run(app, path)) == "1 imported, 0 here already, 0 not taken"


def test_a_report_that_finds_no_room_ends_with_one_line(app: Flask, write: Write) -> None:
    result = run(app, write(row(1, Status="Lost")), "--report", "/dev/full")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[1:] == [
        "Error: /dev/full cannot be written: No space left on device"
    ]


def test_the_report_never_goes_over_the_file_that_is_read(app: Flask, write: Write) -> None:
    path = write(row(1))
    result = run(app, path, "--report", path)
    assert "is the file that is imported" in result.stderr
    assert path.read_text().startswith("Ticket ID,")


def test_a_row_that_the_database_refuses_stops_none_of_the_others(
    app: Flask, write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    real = imports._ticket

    def failing(ticket: object, *rest: object) -> object:
        made = real(ticket, *rest)  # type: ignore[arg-type]
        return {**made, "requester_id": -1} if made["subject"] == "Ticket 2" else made

    monkeypatch.setattr(imports, "_ticket", failing)
    result = run(app, write(*map(row, range(1, 5))))
    assert last(result) == "3 imported, 0 here already, 1 not taken"
    assert result.stderr == "line 3: cannot be stored, the log says why\n"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--map", "Subject"], "--map 'Subject' is not COLUMN=field"),
        (["--map", "Subject=x"], "'Subject' is mapped to 'x', which is no field; --list-fields"),
        (["--map", "Nothing=subject"], "has no column 'nothing'; it has 'Ticket ID'"),
        (["--map-value", "status=x"], "--map-value 'status=x' is not field:WORD=ours"),
        (["--map-value", "status:x=y"], "status 'x' is mapped to 'y', none of new, open"),
        (["--map-value", "subject:x=y"], "words of 'subject' are not mapped, only of status"),
        (["--encoding", "klingon"], "'klingon' is no encoding such as utf-8"),
        (["--encoding", "utf-16"], "is not a text in utf-16; say --encoding"),
        (["--timezone", "Mars/Phobos"], "'Mars/Phobos' is no time zone such as Europe/Berlin"),
        (["--report", "/nowhere/else/x.csv"], "cannot be written: No such file"),
    ],
)
def test_what_is_said_wrongly_is_one_clear_line(
    app: Flask, write: Write, options: list[str], said: str
) -> None:
    result = run(app, write(row(1)), *options)
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert said in result.stderr
    assert number(app, Ticket, User) == [0, 0]


def test_fields_are_listed(app: Flask) -> None:
    result = run(app, "--list-fields")
    assert result.exit_code == 0
    assert "external" not in result.stdout
    assert len(result.stdout.splitlines()) == 22


def test_a_table_of_any_desk_is_named_by_a_map(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_bytes("Vorgang;Betreff;Stand;Text\r\n7;Heizung;wartet;kalt\r\n".encode("cp1252"))
    names = tmp_path / "map.toml"
    names.write_text(
        '[columns]\nVorgang = "number"\nBetreff = "subject"\nStand = "status"\n'
        '[words.status]\nwartet = "closed"\n'
    )
    options = ["--map-file", names, "--map", "Text=body", "--map-value", "status:Wartet=pending"]
    assert run(app, path, *options).exit_code == 0
    with app.app_context():
        ticket = db.session.scalars(select(Ticket)).one()
        assert (ticket.external_number, ticket.subject, ticket.status) == (
            "7",
            "Heizung",
            "pending",
        )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[columns", "is no map in TOML"),
        ("columns = 1", "has to have the tables"),
        ("[words]\nstatus = 1", "has to have the tables"),
        ("[fields]\nx = 'y'", "has to have the tables"),
        ("[columns]\nSubject = ['x']", "which is no field"),
    ],
)
def test_a_map_that_is_none_is_one_clear_line(
    app: Flask, write: Write, tmp_path: Path, text: str, said: str
) -> None:
    names = tmp_path / "map.toml"
    names.write_text(text)
    result = run(app, write(row(1)), "--map-file", names)
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert said in result.stderr


def test_dates_are_read_as_the_operator_says(app: Flask, write: Write) -> None:
    path = write(row(1, **{"Created time": "03/04/2025 12:00"}))
    assert "may be read in two ways; say --day-first" in run(app, path).stderr
    assert run(app, path, "--day-first", "--timezone", "Europe/Berlin").exit_code == 0
    with app.app_context():
        (moment,) = db.session.scalars(select(Ticket.created_at))
        assert f"{moment:%Y-%m-%d %H:%M}" == "2025-04-03 10:00"


def test_two_old_desks_of_one_kind_are_told_apart(app: Flask, write: Write) -> None:
    path = write(row(1))
    assert last(run(app, path)).startswith("1 imported")
    assert last(run(app, path, "--source", "the old one in Bonn")).startswith("1 imported")


def import_until_killed(path: Path) -> None:
    """Import, and die by SIGKILL in the midst of the third transaction."""
    add, calls = imports.add, []

    def dying(*args: Any) -> int:
        calls.append(1)
        added = add(*args)
        if len(calls) == 3:
            os.kill(os.getpid(), signal.SIGKILL)
        return added

    imports.add = dying
    run(create_app(), path)


def consistent(app: Flask, tickets: int) -> None:
    assert number(app, Ticket, Comment, SearchDocument, TicketEvent) == [tickets] * 4
    with app.app_context():
        assert db.session.scalar(select(func.sum(TicketCount.tickets))) == tickets
        names = select(Ticket.subject).order_by(Ticket.id)
        assert list(db.session.scalars(names)) == [f"Ticket {n}" for n in range(tickets)]
        companies = select(func.count()).where(Organization.name == "Northwind")
        assert db.session.scalar(companies) == 1
        people = select(func.count()).where(User.email.startswith("person"))
        assert db.session.scalar(people) == 7


@pytest.mark.slow
def test_an_import_that_was_killed_goes_on_where_it_was(
    app: Flask, settings: dict[str, str], write: Write
) -> None:
    path = write(*map(row, range(120)))
    with forked(settings, import_until_killed, path) as process:
        assert ended(process) == -signal.SIGKILL
    assert number(app, Ticket) == [50]
    assert last(run(app, path)) == "70 imported, 50 here already, 0 not taken"
    consistent(app, 120)


def test_two_imports_at_once_add_nothing_twice(
    app: Flask, write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(*map(row, range(120)))
    start = Barrier(2)

    def importing(_which: int) -> None:
        start.wait()
        script = ScriptInfo(create_app=lambda: app)
        import_tickets.main([str(path)], obj=script, standalone_mode=False)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(importing, range(2)))
    assert sum(map(int, re.findall(r"([0-9]+) imported", capsys.readouterr().out))) == 120
    consistent(app, 120)
