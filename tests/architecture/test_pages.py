"""What every page and form keeps, new ones too: all of them are asked."""

from collections.abc import Iterator

import pytest

from tests.architecture.matrix import ask
from tests.architecture.matrix.walk import Walk, where
from tests.databases import AnotherDatabase

pytestmark = pytest.mark.databases("sqlite")
ROLES = ["signed-out", "viewer", "user", "org-admin", "owner", "staff", "admin"]


@pytest.fixture(scope="module")
def walk(migrated_database: AnotherDatabase, queue_url: str) -> Iterator[Walk]:
    with migrated_database() as empty, ask.desk(queue_url, empty.url) as made:
        yield Walk(*made)


@pytest.mark.parametrize("role", ROLES)
def test_reloading_the_page_after_a_form_sends_nothing_again(walk: Walk, role: str):
    """POST, redirect, GET: what was done is not the answer of the form itself."""
    repeated = []
    for question in walk.unsafe():
        answer = walk.send(role, question, data=walk.form(role, question))
        is_page = answer.mimetype == "text/html"
        if answer.status_code < 400 and is_page and answer.status_code != 303:
            repeated.append((where(question), answer.status_code))
    assert not repeated
