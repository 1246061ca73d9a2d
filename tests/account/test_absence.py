from collections.abc import Callable
from datetime import timedelta

from flask import Flask

from portal import clock
from portal.extensions import db
from portal.models.people import User
from tests.cast import Cast
from tests.page import Visitor


def test_a_member_of_staff_is_away_and_back(client: Visitor, app: Flask, cast: Cast):
    day = (clock.now() + timedelta(days=3)).date().isoformat()
    page = client.sign_in(cast.sam).post("/account/absence", {"back_on": day})
    assert "Away until" in client.follow(page).words
    with app.app_context():
        assert db.session.get_one(User, cast.sam.id).is_away
    client.post("/account/absence", {"back_on": ""})
    assert "Away until" not in client.get("/account/absence").words


def test_it_is_for_staff(visit: Callable[[], Visitor], cast: Cast):
    visit().sign_in(cast.ann).get("/account/absence", status=404)
    visit().sign_in(cast.ann).post("/account/absence", {"back_on": ""}, status=404)
    assert "/auth/login" in visit().get("/account/absence", status=303).location
