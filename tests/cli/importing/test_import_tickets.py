"""`flask import-tickets`: what is good comes in once, what is not is said, nobody gets mail."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from portal.cli.importing.import_tickets import import_tickets
from portal.extensions import db
from portal.importers.lodge import COLUMNS
from portal.models.delivery import Outbox
from portal.models.people import User
from portal.models.tickets import (
    Channel,
    Comment,
    EventKind,
    SearchDocument,
    Ticket,
    TicketCount,
    TicketEvent,
    TicketTag,
)
from portal.queries.tickets.lists.ticket_filter import TicketFilter
from portal.queries.tickets.lists.ticket_list import page
from portal.security.addresses import normal_address
from portal.services.tickets.importing import imports
from portal.services.tickets.importing.import_rows import ImportedTicket
from tests.cast import Cast

Write = Callable[..., Path]
HEADER = ",".join(COLUMNS)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A file of rows: a string is the body alone, a dictionary names columns."""

    def written(*rows: str | dict[str, str], header: tuple[str, ...] = COLUMNS) -> Path:
        path = tmp_path / "tickets.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            out = csv.DictWriter(file, header, restval="")
            out.writeheader()
            out.writerows({"body": row} if isinstance(row, str) else row for row in rows)
        return path

    return written


def run(app: Flask, *words: object) -> Result:
    return app.test_cli_runner().invoke(import_tickets, [str(word) for word in words])


def number(app: Flask, model: type[Any]) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_a_row_becomes_a_ticket_with_its_answer_and_history(app: Flask, write: Write) -> None:
    row = {
        "subject": "Boiler",
        "body": "Dear <name>,\n**cold**",
        "answer": "We *come*.",
        "type": "Incident",
        "queue": "Heating",
        "priority": "high",
        "language": "de",
        "tags": "boiler winter",
    }
    result = run(app, write(row))
    assert (result.exit_code, result.output.splitlines()[-1]) == (
        0,
        "1 imported, 0 here already, 0 not taken",
    )
    with app.app_context():
        ticket = db.session.scalars(select(Ticket)).one()
        facts = (ticket.subject, ticket.status, ticket.priority, ticket.type, ticket.department)
        assert facts == ("Boiler", "solved", 3, "incident", "Heating")
        assert (ticket.language, ticket.version, ticket.assignee_id) == ("de", 2, None)
        assert ticket.channel == Channel.IMPORT
        question, answer = db.session.scalars(select(Comment).order_by(Comment.id))
        assert question.html == "<p>Dear &lt;name&gt;,<br>\n<strong>cold</strong></p>\n"
        assert answer.html == "<p>We <em>come</em>.</p>\n"
        assert (question.author_id, answer.ticket_version) == (ticket.requester_id, 2)
        event = db.session.scalars(select(TicketEvent)).one()
        assert (event.kind, event.comment_id) == (EventKind.IMPORTED, question.id)
        assert event.actor_id == answer.author_id
        count = db.session.scalars(select(TicketCount)).one()
        cell = (count.status, count.priority, count.assignee_id)
        assert (cell, count.tickets) == (("solved", 3, 0), 1)
    assert number(app, TicketTag) == 2
    assert number(app, Outbox) == 0


def test_accounts_that_stand_in_are_made_once_and_nobody_signs_in_with_them(
    app: Flask, write: Write
) -> None:
    run(app, write("one"))
    run(app, write("two"))
    with app.app_context():
        people = db.session.scalars(select(User).order_by(User.id)).all()
        assert [(p.role, p.is_active, p.password_hash) for p in people] == [
            ("customer", False, None),
            ("staff", False, None),
        ]
        assert not any(person.is_assignable for person in people)
        for person in people:
            with pytest.raises(ValueError, match="address"):
                normal_address(person.email)  # as registering does


def test_people_can_be_named(app: Flask, cast: Cast, write: Write) -> None:
    path = write({"body": "cold", "answer": "soon"})
    result = run(app, path, "--requester", "Ann@example.com", "--staff", "sam@example.com")
    assert result.exit_code == 0
    with app.app_context():
        ticket = db.session.scalars(select(Ticket)).one()
        assert (ticket.requester_id, ticket.organization_id) == (
            cast.ann.id,
            cast.ann.organization_id,
        )
        assert db.session.scalars(select(Comment.author_id).order_by(Comment.id)).all() == [
            cast.ann.id,
            cast.sam.id,
        ]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--requester", "nobody@example.com"), "nobody@example.com has no account"),
        (("--requester", "sam@example.com"), "sam@example.com is not a customer"),
        (("--staff", "ann@example.com"), "ann@example.com is not on the staff"),
    ],
)
def test_people_have_to_fit(
    app: Flask, cast: Cast, write: Write, options: tuple[str, str], reason: str
) -> None:
    result = run(app, write("cold"), *options)
    assert (result.exit_code, result.output) == (1, f"Error: {reason}\n")
    assert number(app, Ticket) == 0


def test_an_answered_ticket_is_what_the_operator_says(app: Flask, write: Write) -> None:
    path = write({"body": "cold", "answer": "soon"}, "unanswered")
    assert run(app, path, "--answered", "open").exit_code == 0
    with app.app_context():
        rows = db.session.execute(select(Ticket.status, Ticket.solved_at).order_by(Ticket.id))
        assert [tuple(row) for row in rows] == [("open", None), ("new", None)]


def test_a_second_run_adds_only_what_is_new(app: Flask, write: Write) -> None:
    run(app, write("one", "two"))
    again = run(app, write("one", "two"))
    assert again.output.splitlines()[-1] == "0 imported, 2 here already, 0 not taken"
    more = run(app, write("two", "three", "one"))
    assert more.output.splitlines()[-1] == "1 imported, 2 here already, 0 not taken"
    assert number(app, Ticket) == number(app, Comment) == number(app, SearchDocument) == 3


def test_equal_rows_are_tickets_of_their_own_and_still_come_in_once(
    app: Flask, write: Write
) -> None:
    for imported in (3, 0):
        result = run(app, write("same", "same", "same"))
        assert result.output.splitlines()[-1].startswith(f"{imported} imported")
    assert number(app, Ticket) == 3


def test_many_rows_come_in_in_the_order_of_the_file(app: Flask, write: Write) -> None:
    path = write(*({"body": f"row {n}", "answer": f"answer {n}"} for n in range(450)))
    assert run(app, path).exit_code == 0
    with app.app_context():
        subjects = db.session.scalars(select(Ticket.subject).order_by(Ticket.id)).all()
        assert subjects == [f"row {n}" for n in range(450)]
        pairs = select(Ticket.subject, Comment.message).join(Comment).order_by(Comment.id)
        messages: dict[str, list[str]] = {}
        for subject, message in db.session.execute(pairs):
            messages.setdefault(subject, []).append(message)
        assert messages == {f"row {n}": [f"row {n}", f"answer {n}"] for n in range(450)}
        assert db.session.scalar(select(func.sum(TicketCount.tickets))) == 450


def test_imported_tickets_are_found(app: Flask, cast: Cast, write: Write) -> None:
    run(app, write({"body": "The boiler is cold", "answer": "Replace the valve"}))
    with app.app_context():
        for q in ("boilers", "valve", "1"):
            assert len(page(cast.sam, TicketFilter.from_args({"q": q})).rows) == 1
        assert not page(cast.ann, TicketFilter.from_args({"q": "boilers"})).rows


def test_bad_rows_are_told_by_line_and_the_rest_comes_in(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "tickets.csv"
    path.write_text(
        f"{HEADER}\n"
        ',"two\nlines",,,,,,\n'
        ",,,,,,,\n"
        "\n"
        ",body,,Wish,,,,\n"
        "too,few\n"
        ",nul\0,,,,,,\n"
        ",good,,,,,,\n",
        encoding="utf-8",
    )
    result = run(app, path)
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "line 4: body is empty",
        "line 6: type 'wish' is none of incident, request, problem, change",
        "line 7: 2 fields instead of 8",
        "line 8: body holds characters that cannot be stored",
    ]
    assert result.stdout.splitlines()[-1] == "2 imported, 0 here already, 4 not taken"
    assert number(app, Ticket) == 2


@pytest.mark.parametrize("step", ["prepare", "_ticket"])
def test_a_row_that_breaks_the_desk_itself_is_told_by_line_and_the_rest_comes_in(
    app: Flask, write: Write, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    whole = getattr(imports, step)

    def breaking(row: ImportedTicket, *rest: object) -> object:
        if row.message == "bad":
            raise ZeroDivisionError
        return whole(row, *rest)

    monkeypatch.setattr(imports, step, breaking)
    result = run(app, write("one", "bad", "two"))
    assert result.exit_code == 1
    assert "line 3: cannot be stored, the log says why" in result.output
    assert "2 imported, 0 here already, 1 not taken" in result.output
    assert number(app, Ticket) == 2


def test_a_huge_field_is_a_bad_row(app: Flask, write: Write) -> None:
    result = run(app, write("good", "x" * 2_000_000))
    assert result.stderr == "line 3: body is longer than 65536 characters\n"
    assert number(app, Ticket) == 1


def test_many_bad_rows_do_not_flood_the_screen(app: Flask, write: Write) -> None:
    result = run(app, write(*({"type": "x"} for _ in range(150))))
    assert len(result.stderr.splitlines()) == 101
    assert result.stderr.splitlines()[-1] == "… and 50 more"


def test_the_way_by_which_it_came_to_the_other_desk_is_kept(app: Flask, write: Write) -> None:
    rows = {"body": "cold", "channel": "API"}, {"body": "warm"}, {"body": "wet", "channel": "owl"}
    result = run(app, write(*rows, header=(*COLUMNS, "channel")))
    assert (
        result.stderr.splitlines()[-1]
        == "line 4: channel 'owl' is none of page, phone, api, import, mail"
    )
    with app.app_context():
        kept = list(db.session.scalars(select(Ticket.channel).order_by(Ticket.id)))
    assert kept == [Channel.API, Channel.IMPORT]


def test_columns_may_stand_in_any_order_after_a_byte_order_mark(app: Flask, tmp_path: Path) -> None:
    path = tmp_path / "tickets.csv"
    path.write_text(
        "\ufeffBody,Subject , tags,language,priority,queue,type,answer\ncold,Boiler,,,,,,\n"
    )
    assert run(app, path).exit_code == 0
    assert number(app, Ticket) == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"name,age\nx,1\n", "has columns that are no known desk's: 'name', 'age'; say --from"),
        (b"subject,body,answer\nx,y,z\n", "the first line lacks columns: type, queue, priority"),
        (f"{HEADER},secret\n".encode(), "the first line has columns too many: 'secret'"),
        (f"{HEADER},body\n".encode(), "the first line has columns too many: 'body'"),
        (f"{HEADER}\n,ä,,,,,,\n".encode("utf-8-sig") + b",\xff,,,,,,\n", "say --encoding"),
        (f"{HEADER}\n,ä,,,,,,\n".encode("utf-16") + b"x", "say --encoding"),
        (bytes(range(256)) * 10, "is not a"),
        (b"\x89PNG\r\n\x1a\n\0\0", "is not a"),
        (f'{HEADER}\n,a,,,,,,\n,"open'.encode(), "is not a CSV file"),
        (f"{HEADER}\n,".encode() + b"x" * 17_000_000, "is not a CSV file"),
    ],
    ids=range(12),
)
def test_what_is_no_such_file_is_refused_before_anything_is_written(
    app: Flask, tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "tickets.csv"
    path.write_bytes(content)
    result = run(app, path)
    assert result.exit_code == 1
    assert reason in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert number(app, Ticket) == number(app, User) == 0


@pytest.mark.parametrize("name", ["missing.csv", "."])
def test_what_is_no_file_is_refused(app: Flask, tmp_path: Path, name: str) -> None:
    assert run(app, tmp_path / name).exit_code == 2
