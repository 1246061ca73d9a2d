"""Rows are checked one by one, and told about in the operator's words."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.importers.fields import Field
from portal.importers.lodge import COLUMNS
from portal.importers.rows import repeated
from portal.models.tickets import Channel, FirstType, Priority, TicketStatus
from portal.services.people.imports import ImportedPerson
from tests.importers.parsing import parsed, parser

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
OTHER = {
    "subject": "Boiler",
    "body": "It is cold.",
    "requester_email": "Ann Archer <Ann@Example.com>",
    "created_at": "2026-11-12 09:05",
}


def test_a_row_becomes_what_a_ticket_holds() -> None:
    row = parsed(ROW)
    assert (row.subject, row.message) == ("Boiler", "It is cold.")
    assert [(one.message, one.answers) for one in row.comments] == [("We come.", True)]
    assert (row.type, row.priority) == (FirstType.INCIDENT, Priority.HIGH)
    assert (row.department, row.language) == ("Technical Support", "en")
    assert row.tags == ["heating", "urgent"]
    assert row.status is TicketStatus.SOLVED


def test_only_the_body_has_to_be_there() -> None:
    row = parsed({**dict.fromkeys(COLUMNS, ""), "body": "It is cold."})
    assert (row.subject, row.comments, row.tags) == ("It is cold.", (), [])
    assert (row.type, row.department, row.language) == (None, None, None)
    assert (row.priority, row.status) == (Priority.MEDIUM, TicketStatus.NEW)


@pytest.mark.parametrize(
    ("more", "channel"),
    [({}, Channel.IMPORT), ({"channel": " "}, Channel.IMPORT), ({"channel": "Page"}, Channel.PAGE)],
)
def test_a_channel_may_be_named_and_makes_no_other_row(
    more: dict[str, str], channel: Channel
) -> None:
    row = parsed({**ROW, **more})
    assert (row.channel, row.key) == (channel, parsed(ROW).key)


def test_an_empty_subject_is_made_of_the_first_words() -> None:
    row = parsed({**ROW, "subject": " ", "body": "Dear team,\n\n" + "the boiler is cold " * 10})
    assert row.subject.startswith("Dear team, the boiler is cold the")
    assert row.subject.endswith("…")
    assert 70 <= len(row.subject) <= 80
    assert row.message.startswith("Dear team,\n\n")


def test_a_subject_that_is_too_long_stands_whole_above_the_message() -> None:
    long = "the boiler is cold " * 20
    row = parsed({**ROW, "subject": long})
    assert 230 <= len(row.subject) <= 250
    assert row.message == f"{long.strip()}\n\nIt is cold."


def test_a_subject_without_spaces_is_cut() -> None:
    assert parsed({**ROW, "subject": "x" * 300}).subject == "x" * 249 + "…"


def test_the_same_row_has_the_same_key_and_another_row_another() -> None:
    keys = {parsed({**ROW, column: ROW[column] + " more"}).key for column in ("subject", "body")}
    assert len(keys) == 2
    assert parsed(ROW).key not in keys
    assert parsed(dict(ROW)).key == parsed(ROW).key


def test_rows_of_our_own_table_keep_the_key_of_all_former_imports() -> None:
    assert parsed(ROW).key.startswith("91efb85d7a4b8acd")


def test_equal_rows_of_a_file_have_keys_of_their_own() -> None:
    row = parsed(ROW)
    assert len({row.key, repeated(row, 1).key, repeated(row, 2).key}) == 3
    assert repeated(row, 1) == repeated(parsed(ROW), 1)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"body": "  "}, "body is empty"),
        ({"body": "x" * 65_537}, "body is longer than 65536 characters"),
        ({"body": "a\0b"}, "body holds characters that cannot be stored"),
        ({"answer": "x" * 70_000}, "answer is longer than 65536 characters"),
        ({"type": "Wish"}, "type 'wish' is none of incident, request, problem, change"),
        ({"priority": "7"}, "priority '7' is none of low, medium, high, urgent"),
        ({"channel": "owl"}, "channel 'owl' is none of page, phone, api, import, mail"),
        ({"queue": "x" * 101}, "queue is longer than 100 characters"),
        ({"language": "Klingon"}, "language 'klingon' is no code such as en or pt-br"),
        ({"tags": " ".join(map(str, range(21)))}, "tags are more than 20"),
        ({"tags": "x" * 67}, "tags are too long"),
        ({"created_at": "today"}, "created_at 'today' is no date such as .*"),
        ({"created_at": "2036-01-01"}, "created_at '2036-01-01' lies in the future"),
        ({"requester_email": "ann@"}, "requester_email 'ann@' is not an e-mail address"),
        ({"number": "1" * 65}, "number is longer than 64 characters"),
        (
            {"requester_email": "ann@example.com", "company": "x" * 201},
            "company is longer than 200 characters",
        ),
    ],
)
def test_a_row_that_cannot_be_taken_says_why(change: dict[str, str], reason: str) -> None:
    with pytest.raises(ValueError, match="^" + reason.replace("'", ".") + "$"):
        parsed({**ROW, **change})


def test_the_fields_of_another_desk_are_taken() -> None:
    row = parsed({**OTHER, "solved_at": "2026-11-13", "number": "4711", "company": "Acme"})
    assert row.requester == ImportedPerson("ann@example.com", "Ann", "Archer", "Acme")
    assert (row.created_at, row.external_number) == (
        datetime(2026, 11, 12, 9, 5, tzinfo=UTC),
        "4711",
    )
    assert row.status is TicketStatus.SOLVED


def test_a_ticket_without_a_message_has_its_subject_for_one() -> None:
    row = parsed({**OTHER, "body": ""})
    assert (row.subject, row.message) == ("Boiler", "Boiler")
    with pytest.raises(ValueError, match="body is empty"):
        parsed({**OTHER, "body": "", "subject": " "})


def test_who_has_no_address_stands_above_the_message() -> None:
    row = parsed({**OTHER, "requester_email": "", "requester_name": "Nicole Braun"})
    assert (row.requester, row.message) == (None, "Nicole Braun:\n\nIt is cold.")


def test_a_ticket_with_a_number_is_known_by_it_and_its_old_desk() -> None:
    row = {**OTHER, "number": "1"}
    changed = parsed({**row, "body": "other words"})
    assert changed.key == parsed(row).key
    assert parsed(row, source="the other desk").key != parsed(row).key
    assert parsed({**row, "number": "2"}).key != parsed(row).key


def test_a_ticket_without_a_number_is_known_by_its_row_whatever_the_options() -> None:
    key = parsed(OTHER).key
    assert parsed(OTHER, columns={"body": Field.NOTE}).key == key
    assert parsed({"import_line": "3", "import_problem": "x", **OTHER}).key == key
    assert parsed({**OTHER, "body": "other words"}).key != key


def test_comments_have_author_and_date() -> None:
    row = parsed(
        {
            **OTHER,
            "requester_name": "Ann Archer",
            "comment": "13/Nov/26 9:05 AM;Sam Smith;On our way; soon",
            "note": "14/Nov/26 9:05 AM;ann archer;Thanks",
            "notes": "15/Nov/26 9:05 AM;Sam Smith;She is happy",
        },
        columns={"notes": Field.NOTE},
    )
    said = [(one.message, one.author, one.internal, one.by_requester) for one in row.comments]
    assert said == [
        ("On our way; soon", "Sam Smith", False, False),
        ("Thanks", "ann archer", False, True),
        ("She is happy", "Sam Smith", True, False),
    ]
    assert [one.at.day for one in row.comments if one.at] == [13, 14, 15]


def test_a_comment_without_a_date_is_text() -> None:
    row = parsed({**OTHER, "comment": "first;second;third"})
    assert [(one.message, one.author, one.at) for one in row.comments] == [
        ("first;second;third", "", None)
    ]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("vip late_delivery", ["late_delivery", "vip"]),
        ("VIP, Late delivery", ["late-delivery", "vip"]),
        ("vip;late delivery;", ["late-delivery", "vip"]),
        ("", []),
    ],
)
def test_tags_are_split_as_they_are_written(line: str, names: list[str]) -> None:
    assert parsed({**OTHER, "tags": line}).tags == names


def test_what_another_desk_has_too_much_of_is_left_out_and_told() -> None:
    rows = parser(*OTHER, "tags", "type", "channel")
    row = rows.parse(
        [*OTHER.values(), " ".join(map(str, range(30))) + " " + "x" * 70, "Epic", "Fax"]
    )
    assert (len(row.tags), row.type, row.channel) == (20, None, Channel.IMPORT)
    assert sorted(rows.left_out) == [
        "channel 'Fax'",
        "tags beyond 20, or of more than 66 letters",
        "type 'Epic'",
    ]


def test_words_of_status_and_priority_have_to_be_known() -> None:
    row = {**OTHER, "status": "Waiting for legal"}
    with pytest.raises(ValueError, match="status 'waiting for legal' is none of new, open"):
        parsed(row)
    given = {Field.STATUS: {"Waiting  for LEGAL": "on_hold"}}
    assert parsed(row, words=given).status is TicketStatus.ON_HOLD
    assert parsed(row, words={Field.STATUS: {"*": "open"}}).status is TicketStatus.OPEN
    assert parsed(row, words={Field.STATUS: {"*": ""}}).status is TicketStatus.NEW


@given(st.dictionaries(st.sampled_from([*OTHER, *Field]), st.text(max_size=30), min_size=1))
def test_any_row_is_taken_or_refused_with_one_sentence(change: dict[str, str]) -> None:
    row = {**OTHER, **change}
    row.pop("ignore", None)
    said = ""
    try:
        ticket = parsed(row)
        assert (ticket.subject != "", ticket.message != "", len(ticket.key)) == (True, True, 64)
    except ValueError as problem:
        said = str(problem)
    assert "\n" not in said
