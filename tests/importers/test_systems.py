"""Exports of other desks are recognised and understood as they come."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from portal.importers.columns import SYSTEMS, find_system, map_columns
from portal.importers.dates import DateReader
from portal.importers.fields import CHOICES, Field
from portal.importers.rows import RowParser
from portal.importers.separators import normal_name
from portal.importers.surveys import survey
from portal.importers.words import OURS, Words, normal
from portal.services.tickets.importing.import_rows import ImportedTicket
from tests.importers.samples import SAMPLES
from tests.importers.table_files import opened

DESKS = sorted(SAMPLES)


def tickets(folder: Path, desk: str) -> tuple[RowParser, list[ImportedTicket]]:
    """The tickets of a sample, with nothing said about it."""
    table = opened(SAMPLES[desk].write(folder))
    assert table.format.encoding == SAMPLES[desk].encoding
    system = find_system(table.header, mapped=False)
    assert system.name == desk
    columns = map_columns(table.header, system, {})
    order = survey(table, columns, None).order
    parser = RowParser(columns, Words(system, {}), DateReader(UTC, order), desk)
    return parser, [parser.parse(columns.complete(one.cells)) for one in table.records()]


def facts(ticket: ImportedTicket) -> tuple[Any, ...]:
    requester = ticket.requester
    return (
        ticket.external_number,
        ticket.subject,
        str(ticket.status),
        ticket.priority.word,
        ticket.type and str(ticket.type),
        str(ticket.channel),
        requester and requester.email,
        requester and f"{requester.first_name} {requester.last_name}",
        requester and requester.company,
        ticket.tags,
        ticket.assignee,
    )


EXPECTED: dict[str, list[tuple[Any, ...]]] = {
    "zendesk": [
        (
            "4711",
            "Invoice, again",
            "solved",
            "medium",
            "request",
            "mail",
            "nicole.braun@example.org",
            "Nicole Braun",
            "Braun & Söhne",
            ["billing", "vip"],
            "Sam Smith",
        ),
        (
            "4712",
            "Printer is offline",
            "on_hold",
            "medium",
            None,
            "page",
            "jo@example.net",
            "Jo Example",
            "",
            [],
            "",
        ),
    ],
    "freshdesk": [
        (
            "17",
            "Cannot sign in",
            "solved",
            "high",
            "incident",
            "page",
            "ann@example.com",
            "Ann Archer",
            "Acme",
            ["login", "password-reset"],
            "Sam Smith",
        ),
        (
            "18",
            "Feature",
            "pending",
            "low",
            "change",
            "mail",
            "new@example.org",
            "New Person",
            "",
            [],
            "",
        ),
    ],
    "jira": [
        (
            "IT-42",
            "VPN drops",
            "pending",
            "urgent",
            "incident",
            "import",
            "nora@example.org",
            " ",
            "Northwind",
            ["network", "vpn"],
            "Sam Smith",
        ),
        ("IT-43", "New laptop", "solved", "low", "request", "import", None, None, None, [], ""),
    ],
    "osticket": [
        (
            "104533",
            "Не работает принтер",
            "open",
            "urgent",
            None,
            "page",
            "anna@example.ru",
            "Анна Иванова",
            "",
            [],
            "Sam Smith",
        ),
        (
            "104534",
            "Счёт",
            "solved",
            "medium",
            None,
            "mail",
            "petr@example.ru",
            "Пётр Ильин",
            "",
            [],
            "",
        ),
    ],
    "zammad": [
        (
            "87001",
            "Drucker für Büro 3 druckt nicht",
            "pending",
            "high",
            None,
            "mail",
            None,
            None,
            None,
            ["büro", "drucker"],
            "Sam Smith",
        ),
        ("87002", "Zugang", "closed", "medium", None, "page", None, None, None, [], ""),
    ],
}


@pytest.mark.parametrize("desk", DESKS)
def test_an_export_is_understood_as_it_comes(tmp_path: Path, desk: str) -> None:
    parser, found = tickets(tmp_path, desk)
    assert [facts(ticket) for ticket in found] == EXPECTED[desk]
    assert not parser.left_out


@pytest.mark.parametrize(
    ("desk", "moments"),
    [
        ("zendesk", ("2026-11-02 09:05", "2026-11-03 10:00", "2026-11-03 10:00", None)),
        (
            "freshdesk",
            ("2026-11-02 09:05", "2026-11-02 12:05", "2026-11-02 12:05", "2026-11-02 09:35"),
        ),
        ("jira", ("2026-11-12 09:05", "2026-11-13 16:15", None, None)),
        ("osticket", ("2026-11-13 09:05", "2026-11-13 10:00", None, None)),
        ("zammad", ("2026-11-12 09:05", "2026-11-12 10:05", None, "2026-11-12 09:30")),
    ],
)
def test_moments_are_kept(tmp_path: Path, desk: str, moments: tuple[str | None, ...]) -> None:
    first = tickets(tmp_path, desk)[1][0]
    times = (first.created_at, first.updated_at, first.solved_at, first.first_response_at)
    assert tuple(time and f"{time:%Y-%m-%d %H:%M}" for time in times) == moments


def test_comments_of_jira_are_notes_but_for_the_requesters_own(tmp_path: Path) -> None:
    comments = tickets(tmp_path, "jira")[1][0].comments
    assert [
        (one.author, one.internal, one.message, one.at and one.at.hour) for one in comments
    ] == [
        ("Sam Smith", True, "Which version; and since when?", 10),
        ("nora@example.org", False, '"5.2"; since Monday', 11),
        ("557058:f1", True, "Ask the network team", 13),
    ]


def test_a_name_without_an_address_stands_above_the_message(tmp_path: Path) -> None:
    _parser, (first, second) = tickets(tmp_path, "zammad")
    assert first.message == "Jürgen Groß:\n\nDrucker für Büro 3 druckt nicht"
    assert second.message.startswith("käthe@example:\n\n")


def test_days_and_months_of_the_sample_are_told_apart(tmp_path: Path) -> None:
    second = tickets(tmp_path, "osticket")[1][1]
    assert second.created_at == datetime(2026, 11, 2, 13, 5, tzinfo=UTC)


@pytest.mark.parametrize("name", sorted(SYSTEMS))
def test_what_a_desk_declares_can_be_found(name: str) -> None:
    system = SYSTEMS[name]
    names = [*system.columns, *(one for signature in system.signatures for one in signature)]
    assert all(normal_name(one) == one for one in names)
    for field, table in system.words.items():
        assert field in CHOICES
        assert all(normal(word) == word for word in table)
        assert {*table.values()} <= {*OURS[field], ""}
    assert all(normal(word) == word and len(word) < 20 for word in system.nothing)


@pytest.mark.parametrize("desk", DESKS)
def test_every_desk_gives_what_a_ticket_needs(desk: str) -> None:
    fields = {*SYSTEMS[desk].columns.values()}
    needed = {Field.NUMBER, Field.SUBJECT, Field.STATUS, Field.REQUESTER_NAME, Field.CREATED_AT}
    assert needed <= fields


@pytest.mark.parametrize("desk", DESKS)
def test_no_header_is_taken_for_that_of_another_desk(tmp_path: Path, desk: str) -> None:
    header = opened(SAMPLES[desk].write(tmp_path)).header
    shuffled = [name.upper() for name in reversed(header)]
    assert find_system(shuffled, mapped=False).name == desk
