"""A browser without JavaScript over plain HTTP: cookies, CSRF token, forms.

Nothing is tried twice: what became of a request that got no answer is what these tests ask.
"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPMessage
from typing import Any
from urllib.parse import urlencode

from werkzeug.test import encode_multipart

from portal.models.people import Actor
from tests.cast import PASSWORD

# Longer than anything that the portal promises to answer within.
_PATIENCE = 60.0
_TOKEN = re.compile(r'name="csrf_token"[^>]* value="([^"]+)"')


@dataclass(frozen=True)
class Reply:
    """What came back, and after how long."""

    status: int
    headers: HTTPMessage
    body: bytes
    seconds: float

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def location(self) -> str:
        return str(self.headers["Location"] or "")


@dataclass
class HttpBrowser:
    """A cookie jar and a CSRF token. A subclass says how to connect."""

    cookies: dict[str, str] = field(default_factory=dict, kw_only=True)
    token: str = field(default="", kw_only=True)

    def connect(self) -> HTTPConnection:
        raise NotImplementedError

    def headers(self, method: str) -> dict[str, str]:
        """What it says of itself besides its cookies."""
        return {}

    def sign_in_as(self, email: str, password: str) -> Reply:
        """Through the form; the session is kept for all that follows. Answers the form's reply."""
        self.read_token("/auth/login")
        reply = self.post("/auth/login", {"email": email, "password": password})
        assert reply.status == 303, (reply.status, reply.text[:500])
        self.read_token("/tickets/new")
        return reply

    def read_token(self, path: str) -> None:
        """Take the token out of the form at `path`."""
        found = _TOKEN.search(self.get(path).text)
        assert found is not None, f"no form at {path}"
        self.token = found[1]

    def get(self, path: str) -> Reply:
        """Ask for a page. Raises OSError or HTTPException when no whole answer comes."""
        return self._ask("GET", path, None, {})

    def post(self, path: str, fields: Mapping[str, Any]) -> Reply:
        """Send a form; a value with bytes in it (a FileStorage) makes it one with files."""
        values = {"csrf_token": self.token, **fields}
        if all(isinstance(value, str) for value in values.values()):
            kind, body = "application/x-www-form-urlencoded", urlencode(values).encode()
        else:
            boundary, body = encode_multipart(values)
            kind = f"multipart/form-data; boundary={boundary}"
        return self._ask("POST", path, body, {"Content-Type": kind})

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Reply:
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        started = time.monotonic()
        connection = self.connect()
        try:
            connection.request(
                method, path, body, {**self.headers(method), **headers, "Cookie": cookie}
            )
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        for line in response.headers.get_all("Set-Cookie") or []:
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return Reply(response.status, response.headers, content, time.monotonic() - started)


@dataclass
class CastBrowser(HttpBrowser):
    """The browser of one member of the cast, at one web server's port."""

    actor: Actor
    port: int

    def connect(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE)

    def sign_in(self) -> Reply:
        return self.sign_in_as(self.actor.email, PASSWORD)
