"""Who is answered what stands in `matrix/table.txt`; see `tests.architecture.matrix`."""

from collections.abc import Iterator
from difflib import unified_diff

import pytest

from tests.architecture.matrix import ask
from tests.architecture.matrix.rows import Rows
from tests.architecture.matrix.world import World
from tests.databases import AnotherDatabase

HINT = "look at each line; when it is what you meant: python -m tests.architecture.matrix"
Desk = tuple[World, Rows]


@pytest.fixture(scope="module")
def desk(migrated_database: AnotherDatabase, queue_url: str) -> Iterator[Desk]:
    with migrated_database() as empty, ask.desk(queue_url, empty.url) as made:
        yield made


@pytest.mark.threat("rules in the browser alone")
def test_every_role_is_answered_what_the_table_says(desk: Desk):
    written = ask.TABLE.read_text().splitlines()
    found = ask.table(*desk)
    difference = unified_diff(written, found, "the table", "the answers", lineterm="", n=0)
    assert written == found, "\n".join([HINT, *difference])


def test_what_is_not_in_the_table_is_not_possible(desk: Desk):
    """To nobody: the method is refused before anybody asks who sends it."""
    world, rows = desk
    taken: dict[str, set[str]] = {}
    for rule, method in ask.questions(world.app):
        taken.setdefault(rule.rule, set()).add(method)
    found = {
        (method, rule.rule): ask.ask(world, rows, "admin", rule, method)[0]
        for rule, _method in ask.questions(world.app)
        for method in (ask.METHODS | {"TRACE"}) - taken[rule.rule]
    }
    assert {question: status for question, status in found.items() if status != 405} == {}
