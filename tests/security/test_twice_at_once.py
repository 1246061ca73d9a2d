"""Two requests at the same moment do as much as one after the other, of one person or of two.

On PostgreSQL, where two write at a time. Whoever comes to the end of their change waits there
until the other one is there as well, or waits for a lock: what both have looked at before either
of them has written is the worst that can happen.
"""

import secrets
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text

from portal.extensions import db
from tests.architecture.matrix import ask, forms
from tests.architecture.matrix.ask import TABLE, Question
from tests.architecture.matrix.rows import Rows
from tests.architecture.matrix.world import World
from tests.page import Visitor
from tests.servers import create_database
from tests.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.slow

# Who is asked to send a form: the first of these for whom it does something.
ROLES = ["user", "owner", "staff", "admin", "signed-out"]
PAIRS = [("owner", "org-admin"), ("staff", "admin"), ("user", "owner"), ("user", "staff")]
# What came of two requests: their statuses, and how many rows there are of each table.
Outcome = tuple[list[int], dict[str, int]]


class Pair:
    """Two requests of which each waits at its end for the other."""

    def __init__(self, cluster: str) -> None:
        self.there = 0
        self._url = cluster.format(name="postgres")
        self._mine = threading.local()
        self._both = threading.Lock()

    def commit(self) -> None:
        """Called before a transaction ends; the first of each request waits."""
        if not getattr(self._mine, "first", False):
            return
        self.arrive()
        with psycopg.connect(self._url, autocommit=True) as looking:
            wait_for(lambda: self.there == 2 or _somebody_waits(looking), "together")

    def arrive(self) -> None:
        """Once for each request: at its first commit, or at its end without one."""
        if getattr(self._mine, "first", False):
            self._mine.first = False
            with self._both:
                self.there += 1

    def run(self, request: Any) -> None:
        """`request()` as one of the two."""
        self._mine.first = True
        try:
            request()
        finally:
            self.arrive()


def _somebody_waits(looking: psycopg.Connection) -> bool:
    found = looking.execute("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' LIMIT 1")
    return found.fetchone() is not None


def _counts() -> Iterator[tuple[str, str]]:
    """A name and a query for each number of rows, and of moments that something happened."""
    for table in db.metadata.sorted_tables:
        yield f"{table.name}.rows", f'SELECT count(*) FROM "{table.name}"'
        for column in table.columns:
            if column.nullable and column.name.endswith("_at"):
                name = f"{table.name}.{column.name}"
                yield name, f'SELECT count("{column.name}") FROM "{table.name}"'


_COUNTED = [name for name, _query in _counts()]
# All at once: they are asked for hundreds of times.
_COUNTING = text(f"SELECT {', '.join(f'({query})' for _name, query in _counts())}")


class Desk:
    """The desk of the matrix on PostgreSQL, as it was at first for each question."""

    def __init__(self, world: World, cluster: str, rows: Rows) -> None:
        self.app, self.world, self.cluster = world.app, world, cluster
        self._kept = rows

    def after(self, question: Question, *roles: str, at_once: bool) -> Outcome:
        """What there is when each of `roles` has sent a form."""
        statuses: list[int] = []
        requests = [partial(self._send, question, role, statuses) for role in roles]
        if at_once:
            self._together(requests)
        else:
            for request in requests:
                request()
        rows = self._rows()
        self.app.extensions["lodge.api_log"].flush()
        self._kept.restore()
        return sorted(statuses), rows

    def _send(self, question: Question, role: str, statuses: list[int]) -> None:
        rule, method = question
        http = Visitor(self.app).http
        http._cookies = dict(self.world.browsers[role].http._cookies or {})
        told = http.open(
            ask.path(self.world, role, rule),
            method=method,
            data=dict(forms.fields(self.world, role, rule.endpoint)),
            headers={"X-CSRFToken": self.world.csrf[role]},
        )
        statuses.append(told.status_code)

    def _rows(self) -> dict[str, int]:
        """How many there are, and how many that were used, revoked, accepted or read."""
        with self.app.app_context():
            found = db.session.execute(_COUNTING).one()
        return dict(zip(_COUNTED, found, strict=True))

    def _together(self, requests: list[Callable[[], None]]) -> None:
        pair = Pair(self.cluster)
        whole = db.session.commit

        def commit() -> None:
            pair.commit()
            whole()

        db.session.commit = commit  # type: ignore[method-assign]
        threads = [threading.Thread(target=pair.run, args=(each,)) for each in requests]
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(PATIENCE)
        finally:
            db.session.commit = whole  # type: ignore[method-assign]


@pytest.fixture(scope="module")
def desk(postgres: str, queue_url: str) -> Iterator[Desk]:
    # Tests of this module may run in several workers, each with a desk of its own.
    url = create_database(postgres, f"twice_at_once_{secrets.token_hex(4)}")
    with ask.desk(queue_url, url) as (world, rows):
        yield Desk(world, postgres, rows)


def served(app: Flask) -> list[tuple[Question, list[str]]]:
    """Each form, and those for whom it does something: as the table of all answers has it."""
    head, *lines = TABLE.read_text().splitlines()
    roles = head.split()[2:]
    found = {}
    for line in lines:
        method, address, *cells = line.split()
        served = [r for r, c in zip(roles, cells, strict=True) if c.startswith(("2", "303"))]
        found[method, address] = served
    questions = [(rule, method) for rule, method in ask.questions(app) if method != "GET"]
    return [((rule, method), found[method, ask.address(rule)]) for rule, method in questions]


def compared(desk: Desk, questions: list[tuple[Question, tuple[str, str]]]) -> str:
    """A line for each form of which more or less came at once than one after the other."""
    other = []
    for question, roles in questions:
        # Whoever comes first: what others are told depends on it.
        in_turn = [desk.after(question, *order, at_once=False) for order in {roles, roles[::-1]}]
        at_once = desk.after(question, *roles, at_once=True)
        if at_once not in in_turn:
            usual, then = in_turn[0][1], at_once[1]
            rows = {name: (usual[name], then[name]) for name in then if then[name] != usual[name]}
            other.append(f"{question[1]} {question[0].rule} {in_turn[0][0]} {at_once[0]} {rows}")
    return "\n".join(other)


@pytest.mark.threat("fields nobody asked for")
def test_a_form_sent_twice_at_once_does_as_much_as_twice_in_turn(desk: Desk) -> None:
    questions = [
        (question, (role, role))
        for question, roles in served(desk.app)
        if (role := next((role for role in ROLES if role in roles), None)) is not None
    ]
    assert len(questions) > 60
    assert compared(desk, questions) == ""


@pytest.mark.threat("fields nobody asked for")
@pytest.mark.parametrize("pair", PAIRS, ids=" and ".join)
def test_two_people_at_once_do_as_much_as_one_after_the_other(
    desk: Desk, pair: tuple[str, str]
) -> None:
    """To what belongs to both of them."""
    shared = ("/tickets/", "/account/organization/", "/account/webhooks", "/admin/")
    questions = [
        (question, pair)
        for question, roles in served(desk.app)
        if set(pair) <= set(roles) and question[0].rule.startswith(shared)
    ]
    assert len(questions) > 2
    assert compared(desk, questions) == ""
