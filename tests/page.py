"""Visitor: a browser without JavaScript; Page: a response to it.

Every HTML response is checked against the rules of `tests.html`, so that each route test is also a
test of its page.
"""

from collections.abc import Mapping
from functools import cached_property
from importlib.metadata import version
from typing import Any

from flask import Flask, has_app_context
from flask.testing import FlaskClient
from flask_wtf.csrf import generate_csrf
from werkzeug.test import TestResponse

from portal.extensions import begin_write, db
from portal.models.people import User
from portal.security.people import sessions
from tests.cast import PASSWORD
from tests.html import Node, broken_rules, parse

HTMX = {"HX-Request": "true"}


class Page:
    """A response: status, headers, and its HTML as a tree."""

    def __init__(self, response: TestResponse) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self.body = response.data
        self.response = response

    @property
    def text(self) -> str:
        """The body as text, with tags."""
        return self.body.decode()

    @property
    def words(self) -> str:
        """The text without tags."""
        return self.root.text

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return self.response.get_json()

    @property
    def location(self) -> str:
        """The Location header; empty without one."""
        return self.headers.get("Location", "")

    @cached_property
    def root(self) -> Node:
        """The tree. Fails if the HTML is not well-formed."""
        return parse(self.text)

    def all(self, tag: str | None = None, **wanted: str | bool) -> list[Node]:
        """See `Node.all`."""
        return self.root.all(tag, **wanted)

    def one(self, tag: str | None = None, **wanted: str | bool) -> Node:
        """See `Node.one`."""
        return self.root.one(tag, **wanted)


class _Client(FlaskClient):
    """Reads every answer to its end, so that streamed files are closed."""

    def open(self, *args: Any, **options: Any) -> TestResponse:
        return super().open(*args, **{"buffered": True, **options})


class Visitor:
    """Requests pages and sends forms; keeps cookies."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.http = _Client(app, app.response_class, use_cookies=True)

    def get(self, path: str, status: int = 200, **options: Any) -> Page:
        """GET `path`, which has to answer `status`. `htmx=True` asks for a fragment."""
        return self._open("GET", path, status, **options)

    def post(
        self, path: str, fields: Mapping[str, Any] | None = None, status: int = 303, **options: Any
    ) -> Page:
        """POST a form with a valid CSRF token. A file is a value `(BytesIO(…), "name.txt")`."""
        data = {"csrf_token": self.csrf_token(), **(fields or {})}
        return self._open("POST", path, status, data=data, **options)

    def follow(self, page: Page, status: int = 200) -> Page:
        """GET the page to which a response redirects."""
        assert 300 <= page.status < 400, f"{page.status} is no redirect"
        return self.get(page.location, status)

    def sign_in(self, person: Any) -> "Visitor":
        """Start a session for a member of the cast, without the form and its log entries."""
        with self.app.app_context():
            begin_write()
            token = sessions.start(
                db.session.get_one(User, person.id),
                remembered=False,
                lifetime=self.app.config["SESSION_ABSOLUTE"],
                address="127.0.0.1",
                user_agent=f"Werkzeug/{version('werkzeug')}",
            )
            db.session.commit()
        with self.http.session_transaction() as session:
            session.clear()
            session["_user_id"], session["_fresh"] = token, True
        return self

    def enter(self, person: Any, password: str = PASSWORD) -> "Visitor":
        """Sign in through the form."""
        self.post("/auth/login", {"email": person.email, "password": password})
        return self

    def cookie(self) -> str:
        """The value of the session cookie."""
        found = self.http.get_cookie(self.app.config["SESSION_COOKIE_NAME"])
        return found.value if found else ""

    def set_cookie(self, value: str) -> None:
        """Set the session cookie."""
        self.http.set_cookie(self.app.config["SESSION_COOKIE_NAME"], value)

    def csrf_token(self) -> str:
        """A CSRF token of this browser's session, as a form would contain it."""
        with self.http.session_transaction() as session:
            kept = session.get("csrf_token")
        with self.app.test_request_context():
            from flask import session as fresh

            if kept:
                fresh["csrf_token"] = kept
            token = str(generate_csrf())
            made = fresh["csrf_token"]
        if not kept:
            with self.http.session_transaction() as session:
                session["csrf_token"] = made
        return token

    def _open(
        self, method: str, path: str, status: int, *, htmx: bool = False, **options: Any
    ) -> Page:
        assert not has_app_context(), "a route test holds an application context: see conftest"
        options["headers"] = {**(HTMX if htmx else {}), **options.get("headers", {})}
        page = Page(self.http.open(path, method=method, **options))
        assert page.status == status, f"{method} {path}: {page.status}\n{page.body[:2000]!r}"
        is_page = page.response.mimetype == "text/html" and not 300 <= page.status < 400
        if is_page and page.body:
            assert not (faults := broken_rules(page.root)), f"{method} {path}: {faults}"
        return page
