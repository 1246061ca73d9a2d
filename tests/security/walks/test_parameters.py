"""What stands in an address reaches the database as a value."""

import dataclasses
from collections.abc import Iterator
from typing import Any, ClassVar

import pytest
from werkzeug.datastructures import ImmutableMultiDict

from portal.queries.tickets.lists.ticket_filter import TicketFilter
from tests.architecture.matrix.walk import Walk

pytestmark = pytest.mark.databases("postgresql")

HOSTILE = ["1%'\"); DROP TABLE users; -- ((", "\u202e٣"]


class Noting(ImmutableMultiDict[str, str]):
    """Parameters of an address that note which of them are looked at."""

    seen: ClassVar[set[str]] = set()

    def __getitem__(self, key: str) -> str:
        self.seen.add(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self.seen.add(str(key))
        return super().__contains__(key)

    def getlist(self, key: str, *words: Any, **options: Any) -> Any:
        self.seen.add(key)
        return super().getlist(key, *words, **options)

    def __iter__(self) -> Iterator[str]:
        self.seen.update(super().keys())
        return super().__iter__()

    def to_dict(self, flat: bool = True) -> Any:
        """Pages that take all of them at once may look at any."""
        self.seen.update(super().keys())
        return super().to_dict(flat)


FILTERS = [field.name for field in dataclasses.fields(TicketFilter)]


@pytest.fixture(scope="module")
def parameters(walk: Walk) -> dict[tuple[str, str], set[str]]:
    """Which parameters each page looks at, by role and address."""
    found: dict[tuple[str, str], set[str]] = {}
    before = walk.world.app.request_class.parameter_storage_class
    others = ["role", "person", "kind", "next", "page", "open", "whose", "state"]
    everything = dict.fromkeys([*FILTERS, *others], "1")
    walk.world.app.request_class.parameter_storage_class = Noting
    # A customer's list is another query than that of staff; all else is asked by who sees most.
    asked = [("admin", question) for question in walk.safe()]
    asked += [("owner", q) for q in walk.safe() if q[0].rule.startswith("/tickets/")]
    for role, question in asked:
        Noting.seen = set()
        for query in ({}, everything):
            walk.send(role, question, query_string=query)
        found[role, question[0].rule] = Noting.seen
    walk.world.app.request_class.parameter_storage_class = before
    return found


def test_pages_look_at_the_parameters_that_are_known(
    parameters: dict[tuple[str, str], set[str]],
) -> None:
    assert parameters["admin", "/tickets/queue"] >= set(FILTERS)
    assert "next" in parameters["admin", "/auth/login"]
    assert "person" in parameters["admin", "/admin/logs/actions"]


@pytest.mark.threat("queries made of text")
@pytest.mark.parametrize("text", HOSTILE)
def test_no_parameter_reaches_the_database_as_anything_but_a_value(
    walk: Walk, parameters: dict[tuple[str, str], set[str]], text: str
):
    rules = {question[0].rule: question for question in walk.safe()}
    broken = []
    for (role, rule), names in parameters.items():
        for name in sorted(names):
            answer = walk.send(role, rules[rule], query_string={name: text})
            if answer.status_code >= 500 or walk.rows.changed:
                broken.append((role, rule, name, answer.status_code))
    assert not broken
