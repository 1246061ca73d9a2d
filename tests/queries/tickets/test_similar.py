"""Which tickets are on the same matter: rare words tell, for whoever may see them."""

import pytest
from flask import Flask

from portal.extensions import db
from portal.models.people import Actor
from portal.models.tickets import Ticket
from portal.queries.tickets import search, similar
from portal.queries.tickets.search import similar as words
from portal.services.tickets import tickets
from tests import factories
from tests.cast import Cast
from tests.databases import BOTH
from tests.statements import statements

pytestmark = BOTH
COLD = ("Radiator in the cellar leaks", "Water drips from the valve since Monday.")


@pytest.fixture
def desk(app: Flask, cast: Cast) -> dict[str, int]:
    """Three tickets on one matter, and twenty on others."""
    found = {}
    for name, person, subject, message in [
        ("first", cast.ann, "The cellar: a leaking radiator", "The valve drips."),
        ("foreign", cast.carl, "Leaks", "A radiator of ours drips at its valve."),
        ("mine", cast.bob, *COLD),
    ]:
        found[name] = factories.file_ticket(app, person, subject, message).id
    with factories.writing(app):
        for number in range(20):
            tickets.file(
                actor=cast.bob, subject=f"Invoice {number}", message="Please send it, thank you."
            )
    return found


def of(app: Flask, actor: Actor, ticket_id: int) -> list[int]:
    with app.app_context():
        return [row.id for row in similar.of_ticket(actor, db.session.get_one(Ticket, ticket_id))]


def test_those_that_share_rare_words_are_found_in_any_form_of_them(
    app: Flask, cast: Cast, desk: dict[str, int]
):
    assert of(app, cast.sam, desk["mine"]) == [desk["first"], desk["foreign"]]


@pytest.mark.threat("foreign rows")
def test_customers_find_what_they_may_see(app: Flask, cast: Cast, desk: dict[str, int]):
    assert of(app, cast.ann, desk["mine"]) == [desk["first"]]
    assert of(app, cast.bob, desk["mine"]) == []
    with app.app_context():
        assert search.similar_ids(*COLD, cast.carl) == [desk["foreign"]]
        assert search.similar_ids(*COLD, cast.bob) == [desk["mine"]]


@pytest.mark.threat("notes and secrets shown")
def test_words_of_notes_lead_staff_alone(app: Flask, cast: Cast, desk: dict[str, int]):
    other = factories.file_ticket(app, cast.ann, "Something else", "Entirely.")
    factories.post_comment(app, cast.sam, other, " ".join(COLD), internal=True)
    assert other.id in of(app, cast.sam, desk["mine"])
    assert other.id not in of(app, cast.ann, desk["mine"])


def test_what_is_in_the_trash_is_not_among_them(app: Flask, cast: Cast, desk: dict[str, int]):
    with factories.writing(app):
        tickets.delete(actor=cast.sam, ticket=db.session.get_one(Ticket, desk["first"]))
    assert of(app, cast.sam, desk["mine"]) == [desk["foreign"]]


def test_what_many_have_says_nothing(
    app: Flask, cast: Cast, desk: dict[str, int], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(words, "_MANY", 2)
    words._statement.cache_clear()
    try:
        assert of(app, cast.sam, desk["mine"]) == []
    finally:
        words._statement.cache_clear()


@pytest.mark.parametrize("subject", ["?", "ok", "'\" OR 1) -- *", "a" * 250, "日本語の質問 日本語"])
def test_any_text_may_be_asked_for(app: Flask, cast: Cast, desk: dict[str, int], subject: str):
    with app.app_context():
        assert search.similar_ids(subject, "", cast.sam) == []


def test_pairs_of_characters_tell_where_words_have_no_ends(app: Flask, cast: Cast):
    for _ in range(2):
        factories.file_ticket(app, cast.bob, "暖房が壊れています", "地下室です。")
    for number in range(10):
        factories.file_ticket(app, cast.bob, f"Invoice {number}", "Please.")
    assert of(app, cast.sam, 1) == [2]


def test_one_statement_is_asked_however_long_the_text(app: Flask, cast: Cast, desk: dict[str, int]):
    long = " ".join(f"word{number}" for number in range(500))
    with app.app_context(), statements(app) as seen:
        search.similar_ids(COLD[0], long, cast.sam)
    assert len(seen) == 1
