"""ApiClient: calls the API with a credential and without cookies; Reply: the response.

Every answer is held against the OpenAPI document, so that each test of an endpoint is also a test
of what the document says of it.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from flask import Flask, has_app_context
from jsonschema import Draft202012Validator
from werkzeug.test import TestResponse

from portal.api.openapi.document import full_document
from portal.extensions import db
from portal.models.people import Actor, KeyScope, User
from portal.security.people import api_keys, jwt, refresh_tokens
from tests import factories

ROOT = "/api/v1"
# What may happen to any request, whatever it is for.
ANYWHERE = {404, 405}
# Headers that programs read, each documented where it comes.
HEADERS = {
    "Content-Disposition",
    "ETag",
    "Idempotent-Replayed",
    "Location",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "Retry-After",
    "WWW-Authenticate",
}


@lru_cache(maxsize=4)
def document(app: Flask) -> dict[str, Any]:
    """What `/api/v1/openapi.json` serves."""
    return full_document(app.extensions["lodge.api"], "Lodge")


class Reply:
    """An answer: status, headers, body."""

    def __init__(self, response: TestResponse) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self.body = response.data
        self.response = response

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return self.response.get_json()

    @property
    def code(self) -> str:
        """The code of a problem."""
        assert self.response.mimetype == "application/problem+json", self.body
        code: str = self.json["code"]
        return code

    @property
    def errors(self) -> dict[str, list[str]]:
        """The codes of each field of a problem."""
        found = self.json.get("errors", {})
        return {name: [error["code"] for error in errors] for name, errors in found.items()}


class ApiClient:
    """Calls the API with one credential, or without."""

    def __init__(self, app: Flask, credential: str = "") -> None:
        self.app = app
        self.credential = credential
        self.http = app.test_client(use_cookies=False)

    def get(self, path: str, status: int = 200, **options: Any) -> Reply:
        """GET, which has to answer `status`; so do the others."""
        return self.call("GET", path, status, **options)

    def post(self, path: str, json: Any = None, status: int = 200, **options: Any) -> Reply:
        """POST `json`."""
        return self.call("POST", path, status, json=json, **options)

    def patch(self, path: str, json: Any = None, status: int = 200, **options: Any) -> Reply:
        """PATCH with `json`."""
        return self.call("PATCH", path, status, json=json, **options)

    def put(self, path: str, json: Any = None, status: int = 200, **options: Any) -> Reply:
        """PUT `json`."""
        return self.call("PUT", path, status, json=json, **options)

    def delete(self, path: str, status: int = 204, **options: Any) -> Reply:
        """DELETE."""
        return self.call("DELETE", path, status, **options)

    def call(self, method: str, path: str, status: int, **options: Any) -> Reply:
        """Any request. `json=None` sends no body."""
        reply = self.ask(method, path, **options)
        assert reply.status == status, f"{method} {path}: {reply.status}\n{reply.body[:2000]!r}"
        return reply

    def ask(self, method: str, path: str, **options: Any) -> Reply:
        """The same, whatever it is answered."""
        assert not has_app_context(), "an API test holds an application context: see conftest"
        bearer = {"Authorization": f"Bearer {self.credential}"} if self.credential else {}
        options["headers"] = {**bearer, **options.get("headers", {})}
        if options.get("json", 0) is None:
            del options["json"]
        # Read to the end, so that streamed files are closed.
        reply = Reply(self.http.open(ROOT + path, method=method, buffered=True, **options))
        check(document(self.app), method, ROOT + path.partition("?")[0], reply)
        return reply


def token_of(app: Flask, person: Actor) -> str:
    """An access token, as signing in would give it."""
    with factories.writing(app):
        user = db.session.get_one(User, person.id)
        family, _text = refresh_tokens.start(user)
        return jwt.issue(user_id=user.id, epoch=user.epoch, family_id=family.id)


def key_of(app: Flask, person: Actor, scope: KeyScope = KeyScope.WRITE) -> str:
    """An API key."""
    with factories.writing(app):
        user = db.session.get_one(User, person.id)
        _row, text = api_keys.issue(user, name="robot", scope=scope, expires_at=None)
        return text


def operation(doc: dict[str, Any], method: str, path: str) -> dict[str, Any] | None:
    """What the document says of this method at this path."""
    exact = doc["paths"].get(path)
    for template, item in [(path, exact)] if exact else doc["paths"].items():
        pattern = re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, path) and method.lower() in item:
            found: dict[str, Any] = item[method.lower()]
            return found
    return None


def check(doc: dict[str, Any], method: str, path: str, reply: Reply) -> None:
    """Fail unless the answer is one that the document promises."""
    told = operation(doc, method, path)
    if told is None:
        return
    responses = told["responses"]
    where = f"{method} {path}: {reply.status}"
    assert str(reply.status) in responses or reply.status in ANYWHERE, f"{where} is undocumented"
    if str(reply.status) not in responses:
        return
    response = resolved(doc, responses[str(reply.status)])
    unknown = {n for n in HEADERS if n in reply.headers} - set(response.get("headers", ()))
    assert not unknown, f"{where} has undocumented headers: {unknown}"
    content = response.get("content", {})
    if not content:
        assert not reply.body, f"{where} has a body"
        return
    assert reply.response.mimetype in content, f"{where} is {reply.response.mimetype}"
    if reply.response.mimetype.endswith("json") and method != "HEAD":
        faults(doc, content[reply.response.mimetype]["schema"], reply.json, where)


def resolved(doc: dict[str, Any], node: Mapping[str, Any]) -> Any:
    """`node`, or what it refers to."""
    target: Any = doc
    for part in node["$ref"].split("/")[1:] if "$ref" in node else ():
        target = target[part]
    return target if "$ref" in node else node


def faults(doc: dict[str, Any], schema: dict[str, Any], value: Any, where: str) -> None:
    """Fail unless `value` is what `schema` says, word for word."""
    validator = Draft202012Validator({**schema, "components": doc["components"]})
    found = [f"{list(e.absolute_path)}: {e.message}" for e in validator.iter_errors(value)]
    assert not found, f"{where}: {found}"
