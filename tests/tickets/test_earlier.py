import pytest
from flask import Flask

from tests import factories
from tests.cast import Cast
from tests.databases import BOTH
from tests.page import Visitor

pytestmark = BOTH
FIND = "/tickets/new/earlier?subject="


@pytest.fixture
def filed(app: Flask, cast: Cast) -> None:
    for person, subject in (
        (cast.ann, "Door badge does not open gate 3"),
        (cast.bob, "Badge lost, door closed"),
        (cast.bob, "No hot water"),
        (cast.carl, "Door badge broken"),
    ):
        factories.file_ticket(app, person, subject)


def found(visitor: Visitor, subject: str) -> list[str]:
    page = visitor.get(FIND + subject, htmx=True)
    return [a.text for a in page.one(id="earlier-tickets").all("a")]


@pytest.mark.usefixtures("filed")
def test_earlier_tickets_that_fit_are_shown_the_best_first(client: Visitor, cast: Cast):
    ann = client.sign_in(cast.ann)
    both = ["Door badge does not open gate 3", "Badge lost, door closed"]
    assert found(ann, "My badge does not open the door") == both
    assert found(ann, "Doors and badg") == both[::-1] or both
    assert found(ann, "water") == ["No hot water"]


@pytest.mark.threat("foreign rows")
@pytest.mark.usefixtures("filed")
def test_nobody_is_shown_what_they_may_not_see(client: Visitor, cast: Cast):
    assert found(client.sign_in(cast.bob), "door badge") == ["Badge lost, door closed"]
    assert found(client.sign_in(cast.carl), "door badge") == ["Door badge broken"]


@pytest.mark.usefixtures("filed")
@pytest.mark.parametrize(
    "subject",
    ["", "a", "zzzz", "door nothing else alike", "%22", "-door", "(((", "x" * 300],
)
def test_little_alike_is_nothing(client: Visitor, cast: Cast, subject: str):
    ann = client.sign_in(cast.ann)
    assert found(ann, subject) == ([] if subject != "-door" else found(ann, "door"))


@pytest.mark.usefixtures("filed")
def test_a_screen_reader_hears_how_many_there_are(client: Visitor, cast: Cast):
    ann = client.sign_in(cast.ann)
    assert "2 earlier tickets may help" in ann.get(f"{FIND}door badge", htmx=True).words
    assert "No earlier ticket is like it" in ann.get(f"{FIND}zzzz", htmx=True).words


def test_subjects_are_text(client: Visitor, app: Flask, cast: Cast):
    factories.file_ticket(app, cast.ann, "<b>printer</b>")
    assert found(client.sign_in(cast.ann), "printer") == ["<b>printer</b>"]


def test_the_page_asks_while_the_subject_is_typed_and_needs_no_script(client: Visitor, cast: Cast):
    page = client.sign_in(cast.ann).get("/tickets/new")
    assert page.one("input", name="subject")["hx-get"] == FIND.partition("?")[0]
    assert page.one(id="earlier-tickets")
    assert not client.sign_in(cast.sam).get("/tickets/new").all(id="earlier-tickets")


def test_strangers_are_asked_to_sign_in(client: Visitor):
    client.get(FIND, status=303)


def test_nothing_is_posted(client: Visitor, cast: Cast):
    client.sign_in(cast.ann).post(FIND, status=405)
