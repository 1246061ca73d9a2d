"""More tickets than one page of the queue shows."""

from collections.abc import Iterator

import pytest
from flask import Flask

from tests import factories
from tests.cast import make_cast
from tests.databases import BOTH, unchanged
from tests.page import Visitor
from tests.tickets.lists.test_queue import QUEUE, subjects

pytestmark = BOTH

HOSTILE = "<img src=x onerror=alert(1)> & <name>"


@pytest.fixture(scope="module")
def desk(shared_app: Flask) -> Iterator[Visitor]:
    """Sam in front of 34 tickets, the newest with a hostile subject."""
    cast = make_cast(shared_app)
    for number in range(33):
        factories.file_ticket(shared_app, cast.ann, f"Matter {number}")
    factories.file_ticket(shared_app, cast.ann, HOSTILE)
    sam = Visitor(shared_app).sign_in(cast.sam)
    with unchanged(shared_app):
        yield sam


@pytest.mark.parametrize(
    "sort",
    [
        *("-updated_at", "updated_at", "-created_at", "created_at", "-priority"),
        *("waiting_since&view=to_answer", "-updated_at&view=to_answer", "-priority&view=to_answer"),
    ],
)
def test_pages_of_every_order_leave_nothing_out_and_repeat_nothing(desk: Visitor, sort: str):
    first = desk.get(f"{QUEUE}?sort={sort}")
    following = next(a["href"] for a in first.all("a") if "cursor=" in a["href"])
    second = desk.get(following)
    seen = subjects(first) + subjects(second)
    assert len(seen) == 34
    assert len(set(seen)) == 34


@pytest.mark.threat("scripts in text")
def test_text_of_customers_is_text_in_the_list(desk: Visitor):
    page = desk.get(f"{QUEUE}?view=unsolved")
    assert subjects(page)[0] == HOSTILE
    assert not page.all("img")
