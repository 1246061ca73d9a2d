"""Rows of another desk are checked one by one, and told about in the operator's words."""

import pytest

from portal.models.tickets import Channel, Priority, TicketType
from portal.services.tickets.import_rows import COLUMNS, parse, repeated

ROW = {
    "subject": "Boiler",
    "body": "It is cold.",
    "answer": "We come.",
    "type": "Incident",
    "queue": "Technical Support",
    "priority": "high",
    "language": "en",
    "tags": "Heating Urgent heating",
}


def test_a_row_becomes_what_a_ticket_holds() -> None:
    row = parse(ROW)
    assert (row.subject, row.message, row.answer) == ("Boiler", "It is cold.", "We come.")
    assert (row.type, row.priority) == (TicketType.INCIDENT, Priority.HIGH)
    assert (row.department, row.language) == ("Technical Support", "en")
    assert row.tags == ["heating", "urgent"]


def test_only_the_body_has_to_be_there() -> None:
    row = parse({**dict.fromkeys(COLUMNS, ""), "body": "It is cold."})
    assert (row.subject, row.answer, row.tags) == ("It is cold.", "", [])
    assert (row.type, row.department, row.language) == (None, None, None)
    assert row.priority is Priority.MEDIUM


@pytest.mark.parametrize(
    ("more", "channel"),
    [({}, Channel.IMPORT), ({"channel": " "}, Channel.IMPORT), ({"channel": "Page"}, Channel.PAGE)],
)
def test_a_channel_may_be_named_and_makes_no_other_row(
    more: dict[str, str], channel: Channel
) -> None:
    row = parse({**ROW, **more})
    assert (row.channel, row.key) == (channel, parse(ROW).key)


def test_an_empty_subject_is_made_of_the_first_words() -> None:
    row = parse({**ROW, "subject": " ", "body": "Dear team,\n\n" + "the boiler is cold " * 10})
    assert row.subject.startswith("Dear team, the boiler is cold the")
    assert row.subject.endswith("…")
    assert 70 <= len(row.subject) <= 80
    assert row.message.startswith("Dear team,\n\n")


def test_a_subject_that_is_too_long_stands_whole_above_the_message() -> None:
    long = "the boiler is cold " * 20
    row = parse({**ROW, "subject": long})
    assert 230 <= len(row.subject) <= 250
    assert row.message == f"{long.strip()}\n\nIt is cold."


def test_a_subject_without_spaces_is_cut() -> None:
    assert parse({**ROW, "subject": "x" * 300}).subject == "x" * 249 + "…"


def test_the_same_row_has_the_same_key_and_another_row_another() -> None:
    keys = {parse({**ROW, column: ROW[column] + " more"}).key for column in ("subject", "body")}
    assert len(keys) == 2
    assert parse(ROW).key not in keys
    assert parse(dict(ROW)).key == parse(ROW).key


def test_equal_rows_of_a_file_have_keys_of_their_own() -> None:
    row = parse(ROW)
    assert len({row.key, repeated(row, 1).key, repeated(row, 2).key}) == 3
    assert repeated(row, 1) == repeated(parse(ROW), 1)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"body": "  "}, "body is empty"),
        ({"body": "x" * 65_537}, "body is longer than 65536 characters"),
        ({"body": "a\0b"}, "body holds characters that cannot be stored"),
        ({"answer": "x" * 70_000}, "answer is longer than 65536 characters"),
        ({"type": "Wish"}, "type 'wish' is none of incident, request, problem, change"),
        ({"priority": "7"}, "priority '7' is none of low, medium, high, urgent"),
        ({"channel": "owl"}, "channel 'owl' is none of page, api, import"),
        ({"queue": "x" * 101}, "queue is longer than 100 characters"),
        ({"language": "Klingon"}, "language 'klingon' is no code such as en or pt-br"),
        ({"tags": " ".join(map(str, range(21)))}, "tags are more than 20"),
        ({"tags": "x" * 67}, "tags are too long"),
    ],
)
def test_a_row_that_cannot_be_taken_says_why(change: dict[str, str], reason: str) -> None:
    with pytest.raises(ValueError, match="^" + reason.replace("'", ".") + "$"):
        parse({**ROW, **change})
