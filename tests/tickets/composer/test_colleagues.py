from collections.abc import Callable

from flask import Flask

from portal.extensions import db
from portal.models.people import User
from tests import factories
from tests.cast import Cast
from tests.page import Visitor

LIST = "/tickets/colleagues"


def test_everybody_active_on_the_staff_can_be_named_but_oneself(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    sam = client.sign_in(cast.sam)
    assert [one.text for one in sam.get(LIST).all("li")] == ["Ada Adams", "Sue Stone"]
    with factories.writing(app):
        db.session.get_one(User, cast.ada.id).is_active = False
        db.session.get_one(User, cast.sue.id).username = "sue"
    [sue] = sam.get(LIST).all("li")
    assert (sue.text, sue["data-name"], sue["data-username"]) == (
        "Sue Stone sue",
        "Sue Stone",
        "sue",
    )


def test_customers_and_strangers_learn_of_nobody(
    client: Visitor, visit: Callable[[], Visitor], cast: Cast
) -> None:
    visit().sign_in(cast.ann).get(LIST, status=404)
    assert client.get(LIST, status=303).location.startswith("/auth/login")
    client.sign_in(cast.sam).post(LIST, status=405)
