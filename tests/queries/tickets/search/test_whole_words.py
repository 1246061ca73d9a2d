"""Which tickets have a word as it stands: what documents say, though few of them are read."""

from collections.abc import Iterator
from itertools import product
from random import Random

import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models.people import Actor
from portal.models.tickets import SearchDocument
from portal.prepared import statement_sent
from portal.queries.tickets import search
from portal.queries.tickets.lists.ticket_filter import TicketFilter
from portal.queries.tickets.lists.ticket_list import page
from portal.queries.tickets.search import documents, whole_words
from portal.queries.tickets.search.highlighting import searched
from portal.queries.tickets.search.ranking import ranking_of
from portal.queries.tickets.search.spellings import Fit
from portal.search_language.parser import parse
from portal.search_language.tree import Tree
from tests import factories
from tests.cast import Cast, make_cast
from tests.databases import unchanged

_WORDS = ["print", "printer", "printers", "lamp", "lamps", "müller", "10"]
_TICKETS = 25


@pytest.fixture(scope="module")
def cast(shared_app: Flask) -> Iterator[Cast]:
    """Tickets of few words: in subjects, messages and notes, in several forms."""
    made, random = make_cast(shared_app), Random(1)

    def text() -> str:
        return " ".join(["Some", *random.sample(_WORDS, random.randint(0, 3))])

    for at in range(_TICKETS):
        ticket = factories.file_ticket(shared_app, made.ann, text(), text())
        if at % 3 == 0:
            factories.post_comment(shared_app, made.sam, ticket, text(), internal=True)
    with unchanged(shared_app):
        yield made


def tree_of(q: str) -> Tree:
    tree = parse(q, {}).tree
    assert tree
    return tree


def terms_of_tickets(*, staff: bool) -> dict[int, tuple[str, set[str]]]:
    """Each ticket's subject, and the words that its document has for such a reader."""
    from portal.models.tickets import Ticket

    query = select(Ticket.id, Ticket.subject, SearchDocument.public, SearchDocument.internal)
    joined = query.join(SearchDocument, SearchDocument.ticket_id == Ticket.id)
    return {
        number: (
            subject,
            {
                *public.split(),
                *(
                    term.removeprefix(documents.internal(""))
                    for term in (internal.split() if staff else ())
                    if term.startswith(documents.internal(""))
                ),
            },
        )
        for number, subject, public, internal in db.session.execute(joined)
    }


def by_documents(actor: Actor, q: str, found: set[int]) -> list[int]:
    """The order that the points give if each document is read."""
    ranking = ranking_of(tree_of(q), staff=actor.is_staff)
    points = {}
    for number, (subject, terms) in terms_of_tickets(staff=actor.is_staff).items():
        total = 0.0
        for fit, weight, term in zip(
            searched(search.leaves(tree_of(q))).fits(subject),
            ranking.weights,
            ranking.terms,
            strict=True,
        ):
            in_text = 200 if term[0] in terms else 100
            total += weight * {Fit.WHOLE: 800, Fit.STEM: 600, Fit.BEGINS: 400}.get(fit, in_text)
        points[number] = int(total)
    return sorted(found, key=lambda number: (points[number], number), reverse=True)


@pytest.mark.parametrize("listed", [1, 4, 1_000])
@pytest.mark.parametrize("person", ["sam", "ann"])
@pytest.mark.parametrize(
    "q", [*_WORDS[:-1], "print lamp", "lamps printer", "lamp OR müller", "some prin", '"some lamp"']
)
def test_the_order_is_that_of_documents(
    shared_app: Flask,
    cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
    listed: int,
    person: str,
    q: str,
) -> None:
    monkeypatch.setattr(whole_words, "_LISTED", listed)
    actor: Actor = getattr(cast, person)
    with shared_app.app_context():
        wanted = TicketFilter.from_args({"q": q, "sort": "relevance"})
        found = [row.id for row in page(actor, wanted).rows]
        assert found == by_documents(actor, q, set(found))
        db.session.rollback()


@pytest.mark.parametrize("listed", [1, 2, 5, 1_000])
def test_each_word_is_had_by_whom_its_document_says(
    shared_app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch, listed: int
) -> None:
    monkeypatch.setattr(whole_words, "_LISTED", listed)
    with shared_app.app_context():
        known = terms_of_tickets(staff=True)
        ids = sorted(known, reverse=True)
        for first, second in product(_WORDS, repeat=2):
            words = [(word, documents.internal(word)) for word in (first, second)]
            found = whole_words.having(words, [ids, ids[3:9]])
            assert found == [
                {number for number in ids if first in known[number][1]},
                {number for number in ids[3:9] if second in known[number][1]},
            ]
        db.session.rollback()


def test_words_that_each_subject_has_ask_for_nothing(shared_app: Flask, cast: Cast) -> None:
    sent: list[str] = []

    def note(_sender: object, *, statement: str) -> None:
        sent.append(statement)

    with shared_app.app_context(), statement_sent.connected_to(note):
        assert whole_words.having([("lamp",)], [[]]) == [set()]
    assert sent == []
