"""One person sends the same form twice at the same moment: as much is done as one after the other.

On PostgreSQL, where two write at a time. Whoever comes to the end of their change waits there
until the other one is there as well, or waits for a lock: what both have looked at before either
of them has written is the worst that can happen.
"""

import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask
from psycopg import sql
from sqlalchemy import func, select

from portal.extensions import db
from tests.architecture.matrix import ask, forms
from tests.architecture.matrix.ask import TABLE, Question
from tests.architecture.matrix.world import World
from tests.page import Visitor
from tests.servers import create_database, short_folder
from tests.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.slow

# Who is asked to send a form: the first of these for whom it does something.
ROLES = ["user", "owner", "staff", "admin", "signed-out"]
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


class Desk:
    """The desk of the matrix on PostgreSQL, as it was at first for each question."""

    def __init__(self, world: World, cluster: str, name: str) -> None:
        self.app, self.world, self.cluster, self.name = world.app, world, cluster, name
        self._kept = f"{name}_kept"
        self._close()
        self._do("ALTER DATABASE {} RENAME TO {}", name, self._kept)

    def after(self, question: Question, role: str, *, at_once: bool) -> Outcome:
        """What there is when `role` has sent a form twice."""
        self._do("CREATE DATABASE {} TEMPLATE {}", self.name, self._kept)
        rule, method = question
        path, csrf = ask.path(self.world, role, rule), self.world.csrf[role]
        fields = dict(forms.fields(self.world, role, rule.endpoint))
        cookies = dict(self.world.browsers[role].http._cookies or {})
        statuses: list[int] = []

        def send() -> None:
            http = Visitor(self.app).http
            http._cookies = dict(cookies)
            told = http.open(path, method=method, data=fields, headers={"X-CSRFToken": csrf})
            statuses.append(told.status_code)

        if at_once:
            self._together(send)
        else:
            send(), send()
        with self.app.app_context():
            rows = {}
            for table in db.metadata.sorted_tables:
                # What was used, revoked, accepted, read has a moment of its own.
                moments = [c for c in table.columns if c.nullable and c.name.endswith("_at")]
                counts = [
                    func.count().label("rows"),
                    *(func.count(c).label(c.name) for c in moments),
                ]
                found = db.session.execute(select(*counts).select_from(table)).one()
                rows |= {f"{table.name}.{name}": n for name, n in found._mapping.items()}
        self._close()
        self._do("DROP DATABASE {} WITH (FORCE)", self.name)
        return sorted(statuses), rows

    def _together(self, send: Any) -> None:
        pair = Pair(self.cluster)
        whole = db.session.commit

        def commit() -> None:
            pair.commit()
            whole()

        db.session.commit = commit  # type: ignore[method-assign]
        threads = [threading.Thread(target=pair.run, args=(send,)) for _ in range(2)]
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(PATIENCE)
        finally:
            db.session.commit = whole  # type: ignore[method-assign]

    def _close(self) -> None:
        self.app.extensions["lodge.api_log"].flush()
        with self.app.app_context():
            db.engine.dispose()

    def _do(self, statement: Any, *names: str) -> None:
        with psycopg.connect(self.cluster.format(name="postgres"), autocommit=True) as admin:
            admin.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@pytest.fixture(scope="module")
def desk(postgres: str, queue_url: str) -> Iterator[Desk]:
    name = "twice_at_once"
    url = create_database(postgres, name)
    with short_folder("twice") as folder, ask.served(folder, queue_url, url) as world:
        yield Desk(world, postgres, name)


def asked(app: Flask) -> list[tuple[Question, str]]:
    """Each form, and somebody for whom it does something: as the table of all answers has it."""
    head, *lines = TABLE.read_text().splitlines()
    roles = head.split()[2:]
    found = {}
    for line in lines:
        method, address, *cells = line.split()
        served = [r for r, c in zip(roles, cells, strict=True) if c.startswith(("2", "303"))]
        if role := next((role for role in ROLES if role in served), None):
            found[method, address] = role
    questions = [(rule, method) for rule, method in ask.questions(app) if method != "GET"]
    return [
        ((rule, method), found[method, ask.address(rule)])
        for rule, method in questions
        if (method, ask.address(rule)) in found
    ]


@pytest.mark.threat("fields nobody asked for")
def test_twice_at_once_is_once_after_the_other(desk: Desk) -> None:
    questions = asked(desk.app)
    assert len(questions) > 60
    other = []
    for question, role in questions:
        after_another = desk.after(question, role, at_once=False)
        together = desk.after(question, role, at_once=True)
        if together != after_another:
            rows = {
                n: (after_another[1][n], k)
                for n, k in together[1].items()
                if k != after_another[1][n]
            }
            other.append((question[1], question[0].rule, role, after_another[0], together[0], rows))
    assert not other, "\n".join(map(str, other))
