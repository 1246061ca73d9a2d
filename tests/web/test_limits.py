"""How often strangers may try, while the queue server that counts is away."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from tests.conftest import MakeApp
from tests.page import Visitor

TRIES = 6


@pytest.fixture
def uncounted(another_app: MakeApp, tmp_path: Path) -> Visitor:
    """A visitor of an application whose queue server is not there."""
    return Visitor(another_app(REDIS_URL=f"unix://{tmp_path}/none.sock?db=0"))


def test_people_who_come_at_once_when_it_goes_away_get_their_page(uncounted: Visitor) -> None:
    at_once = Barrier(TRIES)
    token = uncounted.csrf_token()

    def register(_number: int) -> int:
        visitor = Visitor(uncounted.app)
        visitor.set_cookie(uncounted.cookie())
        at_once.wait(10)
        return visitor.http.post("/auth/register", data={"csrf_token": token}).status_code

    with ThreadPoolExecutor(TRIES) as people:
        assert set(people.map(register, range(TRIES))) <= {422, 429}


def test_they_are_counted_all_the_same(uncounted: Visitor) -> None:
    fields = {"email": "nobody"}
    token = {"csrf_token": uncounted.csrf_token()}
    statuses = [
        uncounted.http.post("/auth/register", data={**fields, **token}).status_code
        for _ in range(TRIES)
    ]
    assert statuses == [422] * 5 + [429]
