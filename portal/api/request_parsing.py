"""Parses JSON bodies, queries and forms. Errors are by field."""

from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

import marshmallow as ma
import orjson
from flask import Request, g, request
from webargs.flaskparser import FlaskParser
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

from portal.errors import Invalid

_FORM = "multipart/form-data"


class Parser(FlaskParser):
    """webargs with our parsing of bodies; what a schema refuses is raised as Invalid."""

    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = {}  # noqa: RUF012 - webargs'

    def load_json(self, req: Request, schema: ma.Schema) -> Any:  # noqa: ARG002
        """The body, a JSON object."""
        return json_body()

    def load_querystring(self, req: Request, schema: ma.Schema) -> Any:
        """The query; only lists may repeat a name."""
        return _single_values(req.args, schema)

    def load_form(self, req: Request, schema: ma.Schema) -> Any:
        """Fields and files together."""
        if req.mimetype != _FORM:
            raise UnsupportedMediaType
        parts = [*req.form.items(multi=True), *req.files.items(multi=True)]
        return _single_values(MultiDict(parts), schema)

    def handle_error(
        self,
        error: ma.ValidationError,
        req: Request,  # noqa: ARG002
        schema: ma.Schema,  # noqa: ARG002
        *,
        error_status_code: int | None,  # noqa: ARG002
        error_headers: Mapping[str, str] | None,  # noqa: ARG002
    ) -> NoReturn:
        """Raise Invalid with the codes of each field."""
        found: dict[str, list[str]] = {}
        for name, code in _flat_errors(error.messages):
            found.setdefault(name, []).append(code)
        raise Invalid(**found)


def json_body() -> dict[str, Any]:
    """The body, a JSON object; {} if there is none.

    orjson accepts what RFC 8259 allows and no more: no NaN, no lone surrogates, no invalid UTF-8,
    and at most 254 levels. Raises BadRequest or UnsupportedMediaType.
    """
    if "api_body" not in g:
        g.api_body = _read_json()
    body: dict[str, Any] = g.api_body
    return body


def refuse_unexpected(*, query: bool, body: bool) -> None:
    """Raise Invalid, by field, for a query or body that the endpoint does not take."""
    names: list[str] = []
    if not query and request.query_string:
        names += request.args
    if not body:
        names += _fields_sent()
    if names:
        raise Invalid(**dict.fromkeys(names, "unknown_field"))


def _fields_sent() -> list[str]:
    """The names of the body's fields; `body` if it has none."""
    environ = request.environ
    if not request.content_length and "HTTP_TRANSFER_ENCODING" not in environ:
        return []  # the usual case
    try:
        if request.mimetype in {_FORM, "application/x-www-form-urlencoded"}:
            names = [*request.form, *request.files]
            return names or (["body"] if request.content_length else [])
        found = orjson.loads(raw_body() or b"{}")
    except (orjson.JSONDecodeError, RequestEntityTooLarge):
        return ["body"]
    return list(found) if isinstance(found, dict) else ["body"]


def _single_values(sent: MultiDict[str, Any], schema: ma.Schema) -> dict[str, Any]:
    """{name: value}, with lists where the schema has lists. Raises Invalid for repeated names."""
    found: dict[str, Any] = {}
    twice = []
    for name, values in sent.lists():
        field = schema.fields.get(name)
        if isinstance(field, ma.fields.List):
            found[name] = values
        else:
            found[name] = values[0]
            if field is not None and len(values) > 1:
                twice.append(name)
    if twice:
        raise Invalid(**dict.fromkeys(twice, "repeated"))
    return found


def raw_body() -> bytes:
    """The body as bytes. Raises RequestEntityTooLarge where Werkzeug would cut it off."""
    raw = request.get_data(cache=True)
    came_in_chunks = request.content_length is None and "wsgi.input_terminated" in request.environ
    if came_in_chunks and len(raw) == request.max_content_length:
        # There may be more than was read.
        g.body_was_cut = g.get("body_was_cut") or bool(request.environ["wsgi.input"].read(1))
        if g.body_was_cut:
            raise RequestEntityTooLarge
    return raw


def _read_json() -> dict[str, Any]:
    raw = raw_body()
    if not raw and not request.mimetype:
        return {}
    if not request.is_json:
        raise UnsupportedMediaType
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise BadRequest from None
    if not isinstance(body, dict):
        raise BadRequest
    return body


def _flat_errors(messages: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """(field, code) of each error; `tags.0` is the first tag."""
    if isinstance(messages, dict):
        for name, inner in messages.items():
            # The outermost keys are locations: json, query.
            yield from _flat_errors(inner, (*path, str(name)))
        return
    for message in messages if isinstance(messages, list) else [messages]:
        if isinstance(message, dict):
            yield from _flat_errors(message, path)
        else:
            yield ".".join(part for part in path[1:] if part != "_schema") or "body", str(message)
