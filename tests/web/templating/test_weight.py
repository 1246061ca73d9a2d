"""What a page weighs: it and all its files, as they are sent."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask

from portal.cli import demo
from tests.cast import Cast
from tests.page import Visitor

pytestmark = pytest.mark.databases("sqlite")
STAFF, CUSTOMER, STRANGER = 48 * 1024, 40 * 1024, 12 * 1024
GZIP = {"Accept-Encoding": "gzip"}


@pytest.fixture
def desk(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """Forty tickets as people write them, in two languages."""
    monkeypatch.setattr(demo, "TICKETS", 40)
    with app.app_context():
        for _step in demo.seed():
            pass
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
        (cast.ann, "/tickets/", CUSTOMER),
        (cast.ann, "/tickets/new", CUSTOMER),
        (cast.ann, "/account/", CUSTOMER),
        (None, "/", STRANGER),
        (None, "/auth/login", STRANGER),
    ]
    for person, path, budget in budgets:
        visitor = Visitor(desk)
        if person:
            visitor.sign_in(person)
        total, sizes = weight(visitor, path)
        assert total < budget, (path, sizes)
