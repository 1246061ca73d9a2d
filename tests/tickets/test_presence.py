from collections.abc import Callable

import pytest
from flask import Flask

from portal import clock
from portal.extensions import db
from portal.models.people import User, UserSession
from portal.security.people.sessions import TOUCH_EVERY
from tests import factories
from tests.cast import Cast
from tests.page import Visitor

TICKET = "/tickets/REQ000001"
HERE = f"{TICKET}/presence"


@pytest.fixture(autouse=True)
def ticket(app: Flask, cast: Cast) -> None:
    """A ticket of Ann's on which nobody is."""
    factories.file_ticket(app, cast.ann)


def says(who: Visitor, state: str, page: str = "0" * 16) -> str:
    """The line that somebody's page gets."""
    found = who.post(HERE, {"state": state}, 200, headers={"X-Page": page}).json
    return " · ".join(filter(None, (found["writing"], found["reading"])))


def test_staff_see_who_else_reads_and_writes(
    client: Visitor, visit: Callable[[], Visitor], cast: Cast
) -> None:
    sam, sue, ada = (
        one.sign_in(who)
        for one, who in ((client, cast.sam), (visit(), cast.sue), (visit(), cast.ada))
    )
    assert says(sam, "reading") == ""
    assert says(sue, "writing") == "Sam Smith is reading"
    assert says(sam, "reading") == "Sue Stone is writing"
    assert says(ada, "writing") == "Sue Stone is writing · Sam Smith is reading"
    assert says(sam, "reading") == "Sue Stone, Ada Adams are writing"
    says(sue, "gone")
    assert says(sam, "reading") == "Ada Adams is writing"


def test_who_works_here_no_more_is_not_named(
    app: Flask, client: Visitor, visit: Callable[[], Visitor], cast: Cast
) -> None:
    sue = visit().sign_in(cast.sue)
    says(sue, "writing")
    with factories.writing(app):
        db.session.get_one(User, cast.sue.id).is_active = False
    assert says(client.sign_in(cast.sam), "reading") == ""


def test_a_page_of_staff_has_the_place_for_it_and_a_customers_has_not(
    client: Visitor, visit: Callable[[], Visitor], cast: Cast
) -> None:
    sam, ann = client.sign_in(cast.sam), visit().sign_in(cast.ann)
    for options in ({}, {"htmx": True}):
        assert sam.get(TICKET, **options).one(id="presence")["data-presence"] == HERE
    assert "presence" not in ann.get(TICKET).text


@pytest.mark.threat("notes and secrets shown")
def test_customers_learn_of_nobody(
    client: Visitor, visit: Callable[[], Visitor], cast: Cast
) -> None:
    says(client.sign_in(cast.sam), "writing")
    ann = visit().sign_in(cast.ann)
    assert ann.post(HERE, {"state": "reading"}, 404).status == 404


def test_what_is_no_ticket_state_or_method_is_refused(client: Visitor, cast: Cast) -> None:
    assert client.post(HERE, {"state": "reading"}).location.startswith("/auth/login")
    sam = client.sign_in(cast.sam)
    sam.post("/tickets/REQ000099/presence", {"state": "reading"}, 404)
    for fields in ({}, {"state": "sleeping"}):
        sam.post(HERE, fields, 422)
    sam.get(HERE, 405)


def test_who_only_has_a_page_open_does_not_keep_the_session_alive(
    app: Flask, client: Visitor, cast: Cast
) -> None:
    sam = client.sign_in(cast.sam)
    with app.app_context():
        before = db.session.query(UserSession.last_seen_at).all()
    with clock.at(clock.now() + 2 * TOUCH_EVERY):
        says(sam, "reading")
    with app.app_context():
        assert db.session.query(UserSession.last_seen_at).all() == before
