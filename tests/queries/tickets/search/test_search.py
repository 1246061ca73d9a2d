"""Search finds the same on both databases, whatever is typed, and nothing that is not one's own."""

import pytest
from flask import Flask
from sqlalchemy import text

from portal.extensions import begin_write, db
from portal.models.people import Actor
from portal.models.tickets import SearchDocument
from portal.queries.tickets import search
from portal.queries.tickets.lists.ticket_filter import TicketFilter
from portal.queries.tickets.lists.ticket_list import PAGE, page
from portal.queries.tickets.search import conditions, documents
from tests import factories, timing
from tests.cast import Cast


def found(app: Flask, actor: Actor, q: str, **more: str) -> list[int]:
    with app.app_context():
        return [row.id for row in page(actor, TicketFilter.from_args({"q": q, **more})).rows]


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("The printers are printing", "printer"),
        ("The printers are printing", "prints"),
        ("The printers are printing", "prin"),
        ("The printers are printing", "PRINTERS the"),
        ("Не работает принтер на втором этаже", "принтера"),
        ("Не работает принтер на втором этаже", "принтерами этажи"),
        ("Ещё одна ёлка", "елки"),
        ("Одна елка", "ёлка"),
        ("Cannot open e-1042.pdf", "e-1042"),
        ("Cannot open e-1042.pdf", "1042"),
        ("Write to bob@example.com", "example.com"),
        ("don't panic", "don't"),
        ("snake_case name", "snake_case"),
        ("日本語 です", "日本語"),
        ("Ｆｕｌｌ width", "full"),
        ("Größe STRASSE", "straße größe"),
        ("I\u0307stanbul", "i\u0307stanbul"),
    ],
)
def test_words_are_found_in_their_forms(app: Flask, cast: Cast, written: str, typed: str) -> None:
    ticket = factories.file_ticket(app, cast.ann, "Subject", written)
    factories.file_ticket(app, cast.ann, "Other", "Nothing of it.")
    for actor in (cast.ann, cast.sam):
        assert found(app, actor, typed) == [ticket.id]


@pytest.mark.parametrize("typed", ["printer cable", "rinter", "prints nothing", "printerx"])
def test_all_words_must_be_there_from_their_beginning(app: Flask, cast: Cast, typed: str) -> None:
    factories.file_ticket(app, cast.ann, "Printer", "The printer is loud.")
    assert found(app, cast.sam, typed) == []


def test_only_the_last_word_may_be_unfinished(app: Flask, cast: Cast) -> None:
    ticket = factories.file_ticket(app, cast.ann, "Printer", "loud")
    assert found(app, cast.sam, "loud prin") == [ticket.id]
    assert found(app, cast.sam, "prin loud") == []


HOSTILE = [
    "NEAR(",
    'a" OR b',
    '"',
    "'",
    "''",
    "\\",
    "\\'",
    "*",
    "**",
    "a*",
    "printer OR",
    "AND",
    "public: secret",
    "{public internal} : secret",
    "^printer",
    "printer + loud",
    "(",
    ")",
    "a & b | !c",
    "'a':*",
    "a <-> b",
    ":*",
    "%",
    "_",
    "_o1",
    "_isecret",
    "i",
    "o1",
    "'; DROP TABLE tickets; --",
    "\x00",
    "a\x00b",
    "\ud800",
    "a\ud800@example.com",
    "\x00@example.com",
    "a@b@c.d",
    "REQ0",
    "REQ-999",
    "#0",
    "١٢٣",
    "\U0010ffff",
    "\ufdfa",
    "a" * 200,
    "ж" * 200,
    "a " * 100,
    "()" * 100,
]


@pytest.mark.threat("queries made of text")
@pytest.mark.parametrize("q", HOSTILE)
def test_hostile_searches_find_nothing_and_break_nothing(app: Flask, cast: Cast, q: str) -> None:
    ticket = factories.file_ticket(app, cast.ann, "Subject", "Something quite different.")
    factories.post_comment(app, cast.sam, ticket, "Secret!", internal=True)
    for actor in (cast.ann, cast.carl, cast.sam):
        assert found(app, actor, q) == []


@pytest.mark.threat("costly text")
def test_a_search_of_a_megabyte_costs_little(app: Flask, cast: Cast) -> None:
    repeated, various = "word " * 200_000, "".join(f"w{n} " for n in range(150_000))
    with app.app_context():
        search.parse("warm", cast.sam)
        assert timing.cpu_seconds(lambda: search.parse(repeated, cast.sam)) < 0.1
        assert timing.cpu_seconds(lambda: search.parse(various, cast.sam)) < 0.1


@pytest.mark.threat("notes and secrets shown")
def test_internal_notes_are_found_by_staff_alone(app: Flask, cast: Cast) -> None:
    ticket = factories.file_ticket(app, cast.ann, "Printer", "It is loud.")
    factories.post_comment(app, cast.sam, ticket, "The customer is a teapot.", internal=True)
    assert found(app, cast.sam, "teapot") == [ticket.id]
    assert found(app, cast.sam, "teap") == [ticket.id]
    assert found(app, cast.sam, "loud teapot") == [ticket.id]
    for q in ("teapot", "teap", "iteapot", "_iteapot", "ite"):
        assert found(app, cast.ann, q) == []


def test_public_answers_are_found_by_everybody_who_sees_the_ticket(app: Flask, cast: Cast) -> None:
    ticket = factories.file_ticket(app, cast.bob, "Printer", "It is loud.")
    factories.post_comment(app, cast.sam, ticket, "Put it on a carpet.")
    for actor in (cast.bob, cast.ann, cast.sam):
        assert found(app, actor, "carpet") == [ticket.id]
    assert found(app, cast.carl, "carpet") == []


@pytest.mark.threat("foreign rows")
def test_a_plain_user_finds_only_what_they_filed(app: Flask, cast: Cast) -> None:
    of_ann = factories.file_ticket(app, cast.ann, "Printer", "loud")
    of_bob = factories.file_ticket(app, cast.bob, "Printer", "silent")
    factories.file_ticket(app, cast.carl, "Printer", "on fire")
    assert found(app, cast.bob, "printer") == [of_bob.id]
    assert found(app, cast.ann, "printer") == [of_bob.id, of_ann.id]


def test_a_number_finds_its_ticket(app: Flask, cast: Cast) -> None:
    ticket = factories.file_ticket(app, cast.ann, "Printer", "loud")
    for q in (ticket.number, ticket.number.lower(), f"#{ticket.id}", str(ticket.id)):
        assert found(app, cast.sam, q) == [ticket.id]
        assert found(app, cast.ann, q) == [ticket.id]
        assert found(app, cast.carl, q) == []


def test_an_address_finds_its_owners_tickets_and_those_that_mention_it(
    app: Flask, cast: Cast
) -> None:
    ticket = factories.file_ticket(app, cast.bob, "Printer", "loud")
    mention = factories.file_ticket(app, cast.ann, "Other", "Ask bob@example.com.")
    factories.file_ticket(app, cast.ann, "Other", "Ask Bob for an example of com ports.")
    assert found(app, cast.sam, "BOB@example.com") == [mention.id, ticket.id]
    assert found(app, cast.sam, "nobody@example.com") == []


def test_a_search_is_narrowed_by_the_other_filters(app: Flask, cast: Cast) -> None:
    factories.file_ticket(app, cast.ann, "Printer", "loud")
    with factories.writing(app):
        db.session.execute(text("UPDATE tickets SET status = 'closed'"))
    ticket = factories.file_ticket(app, cast.ann, "Printer", "silent")
    assert found(app, cast.sam, "printer", status="new") == [ticket.id]
    assert found(app, cast.sam, "printer", view="unsolved") == [ticket.id]


def test_results_come_newest_first_page_by_page(app: Flask, cast: Cast) -> None:
    with factories.writing(app):
        from portal.services.tickets import tickets

        ids = [
            tickets.file(actor=cast.ann, subject="Printer", message="loud").id
            for _ in range(PAGE + 5)
        ]
    with app.app_context():
        wanted = TicketFilter.from_args({"q": "printer"})
        first = page(cast.sam, wanted)
        second = page(
            cast.sam, TicketFilter.from_args({"q": "printer", "cursor": first.next or ""})
        )
    assert [row.id for row in [*first.rows, *second.rows]] == ids[::-1]
    assert second.next is None


def test_a_deleted_ticket_is_not_found(app: Flask, cast: Cast) -> None:
    ticket = factories.file_ticket(app, cast.ann, "Printer", "loud")
    with factories.writing(app):
        db.session.execute(text("DELETE FROM tickets"))
    assert found(app, cast.sam, "printer") == []
    assert ticket.id


def test_a_word_that_nearly_every_ticket_has_is_still_found(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beyond some number of tickets a word is no longer taken for the beginning of others."""
    printers = [factories.file_ticket(app, cast.ann, "Print", "x").id for _ in range(3)]
    factories.file_ticket(app, cast.ann, "Printer", "x")
    monkeypatch.setattr(conditions, "_FREQUENT", 3)
    assert set(printers) <= set(found(app, cast.sam, "print"))


def test_a_document_does_not_grow_without_end() -> None:
    words = [f"word{n}" for n in range(100_000)]
    document = documents.add_terms("", words)
    assert documents.MAX_DOCUMENT - 1_000 < len(document) <= documents.MAX_DOCUMENT
    assert documents.add_terms(document, ["onemore"]) == document


def test_the_longest_message_fits_into_the_index(app: Flask, cast: Cast) -> None:
    words = " ".join(f"{n:05x}{'ж' * 60}" for n in range(960))
    ticket = factories.file_ticket(app, cast.ann, "Printer", words[:65_000])
    factories.post_comment(app, cast.sam, ticket, words[:65_000], internal=True)
    factories.post_comment(app, cast.ann, ticket, words[30_000:].replace("ж", "щ"))
    assert found(app, cast.sam, "printer") == [ticket.id]


def test_the_index_agrees_with_the_documents(app: Flask, cast: Cast) -> None:
    ticket = factories.file_ticket(app, cast.ann, "Printer", "loud")
    factories.post_comment(app, cast.sam, ticket, "Carpet?")
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            begin_write()
            check = "INSERT INTO search_index (search_index, rank) VALUES ('integrity-check', 1)"
            db.session.execute(text(check))
        document = db.session.get_one(SearchDocument, ticket.id)
        own = f"_o{cast.ann.organization_id} _r{cast.ann.id} {ticket.id} req{ticket.id}"
        words = f"{own} _p{cast.ann.id} printer loud"
        assert document.public.startswith(words)
        assert f" _p{cast.sam.id} carpet _en_carpet" in document.public
        assert document.internal == ""
