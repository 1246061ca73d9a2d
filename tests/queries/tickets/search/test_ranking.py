"""The best matches come first, page by page."""

import pytest
from flask import Flask

from portal.models.people import Actor
from portal.queries.tickets.lists.ticket_filter import Sort, TicketFilter
from portal.queries.tickets.lists.ticket_list import full_page, page
from portal.queries.tickets.search import ranking
from tests import factories
from tests.cast import Cast


def ranked(app: Flask, actor: Actor, q: str, **more: str) -> list[int]:
    with app.app_context():
        wanted = TicketFilter.from_args({"q": q, "sort": "relevance", **more})
        return [row.id for row in page(actor, wanted).rows]


def file(app: Flask, cast: Cast, *texts: tuple[str, str]) -> list[int]:
    return [factories.file_ticket(app, cast.ann, subject, text).id for subject, text in texts]


def test_a_word_in_the_subject_comes_before_one_in_a_message(app: Flask, cast: Cast) -> None:
    ids = file(app, cast, ("The printer", "It is loud."), ("Noise", "From the printer."))
    assert ranked(app, cast.sam, "printer") == ids
    with app.app_context():
        newest = page(cast.sam, TicketFilter.from_args({"q": "printer"}))
    assert [row.id for row in newest.rows] == ids[::-1]


def test_a_whole_word_comes_before_its_stem_and_before_one_that_begins_with_it(
    app: Flask, cast: Cast
) -> None:
    ids = file(
        app,
        cast,
        ("Print now", "x"),
        ("It was printed", "x"),
        ("Printerette here", "x"),
        ("A", "We print the page."),
        ("B", "The printery is closed."),
    )
    assert ranked(app, cast.sam, "print") == ids


def test_a_rare_word_counts_for_more_than_a_frequent_one(app: Flask, cast: Cast) -> None:
    rare, frequent, *_others = file(
        app,
        cast,
        ("The zeppelin", "It needs a printer."),
        ("The printer", "It is for the zeppelin."),
        *[("Something", "The printer is loud.")] * 4,
    )
    assert ranked(app, cast.sam, "printer zeppelin") == [rare, frequent]
    assert ranked(app, cast.ann, "zeppelin printer") == [rare, frequent]


def test_the_ticket_of_a_number_comes_first(app: Flask, cast: Cast) -> None:
    first, *_ = file(app, cast, ("A", "x"), ("It is 1", "As in REQ-1, printer."), ("1", "1"))
    assert ranked(app, cast.sam, "1")[0] == first
    assert len(ranked(app, cast.sam, "1")) == 3


def test_pages_follow_one_another_without_gap_or_repetition(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = file(app, cast, *[("Printer", "x"), ("Other", "printer")] * 4)
    found, cursor = [], ""
    with app.app_context():
        while True:
            args = {"q": "printer", "sort": "relevance", "cursor": cursor}
            part = full_page(cast.sam, TicketFilter.from_args(args), size=3)
            found += [row.id for row in part.rows]
            if not part.next:
                break
            cursor = part.next
    assert found == [*ids[::2][::-1], *ids[1::2][::-1]]
    assert not part.is_cut


def test_only_the_newest_matches_are_ranked_and_the_last_page_says_so(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    from portal.queries.tickets import search

    monkeypatch.setattr(search, "RANKED", 3)
    ids = file(app, cast, *[("Printer", "x")] * 5)
    with app.app_context():
        found = page(cast.sam, TicketFilter.from_args({"q": "printer", "sort": "relevance"}))
    assert [row.id for row in found.rows] == ids[:1:-1]
    assert found.is_cut


@pytest.mark.parametrize("q", ["-printer", '"the printer"', "printer OR loud", "REQ-1", "a -b"])
def test_any_search_can_be_ranked(app: Flask, cast: Cast, q: str) -> None:
    file(app, cast, ("The printer", "A loud one."))
    assert len(ranked(app, cast.sam, q)) == (0 if q == "-printer" else 1)


@pytest.mark.threat("notes and secrets shown")
def test_a_note_does_not_raise_a_ticket_for_customers(app: Flask, cast: Cast) -> None:
    noted = factories.file_ticket(app, cast.ann, "A", "printers")
    other = factories.file_ticket(app, cast.ann, "B", "printers")
    factories.post_comment(app, cast.sam, noted, "printer", internal=True)
    assert ranked(app, cast.sam, "printer") == [noted.id, other.id]
    assert ranked(app, cast.ann, "printer") == [other.id, noted.id]


def test_an_order_by_relevance_is_there_for_words_alone() -> None:
    assert Sort.RELEVANCE not in TicketFilter().sorts
    assert TicketFilter.from_args({"q": "x"}).best_first.order is Sort.RELEVANCE
    assert TicketFilter.from_args({"q": "x"}).order is Sort.CREATED
    assert ranking.RANKED >= 300
