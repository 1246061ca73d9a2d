"""What a page weighs: it and all its files, as they are sent."""

import re

import pytest
from flask import Flask
from sqlalchemy import update

from portal.cli import demo
from portal.extensions import db
from portal.models.people import User
from tests import factories
from tests.cast import Cast
from tests.page import Visitor

pytestmark = pytest.mark.databases("sqlite")
STAFF, CUSTOMER, STRANGER = 48 * 1024, 40 * 1024, 12 * 1024
PROFILE = 44 * 1024  # with the names of 420 time zones
HELP = 50 * 1024  # with the names of all pages of the guide
GZIP = {"Accept-Encoding": "gzip"}


@pytest.fixture(params=["en", "ru"])
def desk(
    request: pytest.FixtureRequest, app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> Flask:
    """Forty tickets as people write them, in two languages, for readers of one of them."""
    monkeypatch.setattr(demo, "TICKETS", 40)
    with app.app_context():
        for _step in demo.seed():
            pass
    with factories.writing(app):
        db.session.execute(update(User).values(locale=request.param))
    return app


def weight(visitor: Visitor, path: str) -> tuple[int, dict[str, int]]:
    """Bytes of the page and its files together, and of each."""
    page = visitor.http.get(path)
    assert page.status_code == 200
    files = sorted(set(re.findall(r'(?:src|href)="(/static/[^"#]+)', page.text)))
    sizes = {each: len(visitor.http.get(each, headers=GZIP).data) for each in [path, *files]}
    return sum(sizes.values()), sizes


def test_a_page_and_all_its_files_fit_in_their_budget(desk: Flask, cast: Cast):
    budgets = [
        (cast.sam, "/tickets/queue?view=all", STAFF),
        (cast.sam, "/tickets/REQ000001", STAFF),
        (cast.sam, "/tickets/new", STAFF),
        (cast.ada, "/admin/users", STAFF),
        (cast.ada, "/admin/", STAFF),
        (cast.ada, "/help/", HELP),
        (cast.ann, "/tickets/", CUSTOMER),
        (cast.ann, "/tickets/new", CUSTOMER),
        (cast.ann, "/account/security", CUSTOMER),
        (cast.ann, "/account/", PROFILE),
        (None, "/", STRANGER),
        (None, "/auth/login", STRANGER),
    ]
    for person, path, budget in budgets:
        visitor = Visitor(desk)
        if person:
            visitor.sign_in(person)
        total, sizes = weight(visitor, path)
        assert total < budget, (path, sizes)
