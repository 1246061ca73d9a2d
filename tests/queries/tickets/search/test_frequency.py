"""PostgreSQL lists the matches of a rare word, and looks for those of a frequent one in order."""

from collections.abc import Iterator

import pytest
from flask import Flask

from portal.extensions import db
from portal.queries.tickets import search
from portal.queries.tickets.lists.ticket_filter import TicketFilter
from portal.queries.tickets.lists.ticket_list import page
from portal.queries.tickets.search import frequency
from portal.search_language.parser import parse
from tests import factories
from tests.cast import Cast, make_cast
from tests.databases import unchanged

_TICKETS = 30


@pytest.fixture(scope="module")
def cast(shared_app: Flask) -> Iterator[Cast]:
    """Every second ticket has a printer; two have a lamp, and the newest ten a leak."""
    made = make_cast(shared_app)
    for at in range(1, _TICKETS + 1):
        words = ["Printer"] if at % 2 else ["Table"]
        words += ["lamp"] if at in {3, 17} else []
        words += ["leak"] if at > _TICKETS - 4 else []
        factories.file_ticket(shared_app, made.ann, "Something", " ".join(words))
    with unchanged(shared_app):
        yield made


@pytest.mark.parametrize(
    ("q", "is_listed"), [("printer", False), ("lamp", True), ("leak", True), ("printer lamp", True)]
)
def test_matches_are_listed_unless_they_are_everywhere(
    shared_app: Flask, cast: Cast, q: str, is_listed: bool
) -> None:
    with shared_app.app_context():
        query = search.of_words(parse(q, {}).tree, cast.sam)
        assert query.is_listed == (is_listed and db.engine.name == "postgresql")


@pytest.mark.parametrize("q", ["printer", "lamp", "printer -lamp", "printer OR lamp", "some"])
@pytest.mark.parametrize("sort", ["relevance", "-created_at"])
def test_both_ways_find_the_same(
    shared_app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch, q: str, sort: str
) -> None:
    found = []
    with shared_app.app_context():
        for is_listed in (False, db.engine.name == "postgresql"):
            monkeypatch.setattr(frequency, "is_listed", lambda _found, way=is_listed: way)
            first = page(cast.sam, TicketFilter.from_args({"q": q, "sort": sort}), size=3)
            args = {"q": q, "sort": sort, "cursor": first.next or ""}
            second = page(cast.sam, TicketFilter.from_args(args), size=3)
            found.append([row.id for row in (*first.rows, *second.rows)])
    assert found[0]
    assert found[0] == found[1]
