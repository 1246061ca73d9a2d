"""Queries and bytes of each page, counted in this process."""

from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from portal.extensions import db
from tests.bench import data, pages


@dataclass(frozen=True)
class Counted:
    """`sent` is what goes over the line to a browser that takes gzip."""

    queries: int
    size: int
    sent: int


def statements(app: Flask) -> list[str]:
    """A list that grows with each statement of `app`, but for those that begin a transaction."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            seen.append(statement)

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", note)
    return seen


def count(app: Flask, asked: list[pages.Ask]) -> dict[str, Counted]:
    """Page name → its figures. Also proves that each page is the one that is meant."""
    seen = statements(app)
    return {ask.name: _count(app, ask, seen) for ask in asked}


def _count(app: Flask, ask: pages.Ask, seen: list[str]) -> Counted:
    client = app.test_client()
    body = ask.body(pages.sign_in(lambda *request: _send(client, *request), ask.who))
    _send(client, ask.method, ask.path, body)  # so that what is cached is there
    seen.clear()
    status, answer = _send(client, ask.method, ask.path, body)
    queries = len(seen)
    pages.check(ask, status, answer)
    packed = _open(client, ask.method, ask.path, body, {"Accept-Encoding": "gzip"}).data
    return Counted(queries, len(answer.encode()), len(packed))


def _send(client: FlaskClient, method: str, path: str, body: str) -> tuple[int, str]:
    answer = _open(client, method, path, body, {})
    return answer.status_code, answer.text


def _open(client: FlaskClient, method: str, path: str, body: str, headers: dict[str, str]) -> Any:
    return client.open(
        path,
        method=method,
        data=body or None,
        content_type="application/x-www-form-urlencoded" if body else None,
        headers=headers,
    )


def queue_page(app: Flask) -> str:
    """Our queue page, for the bare page to be cut from."""
    client = app.test_client()
    pages.sign_in(lambda *request: _send(client, *request), data.STAFF_EMAIL)
    return _send(client, "GET", "/tickets/queue", "")[1]
