"""Parses JSON bodies, queries and forms. Errors are by field, all of them at once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

import marshmallow as ma
import orjson
from flask import g, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

# Codes by field.
Errors: TypeAlias = dict[str, list[str]]
# What a place holds, and the names that stand there more than once.
Sent: TypeAlias = tuple[dict[str, Any], Sequence[str]]

_FORM = "multipart/form-data"


class Inputs(NamedTuple):
    """What the schemas of an endpoint accept, by place, and the errors of all places."""

    values: dict[str, Any]
    errors: Errors


def read_inputs(schemas: Mapping[str, ma.Schema], raw: str = "") -> Inputs:
    """Read `body`, `form` and `query`, each by its schema; what has no schema must be empty.

    With `raw`, a content type, the body is one value of that name, as it came.

    Raises BadRequest, UnsupportedMediaType or RequestEntityTooLarge for an unreadable body.
    """
    unexpected = _unexpected_names(schemas, takes_body=bool(raw))
    found = Inputs({}, {name: ["unknown_field"] for name in unexpected})
    for place, schema in schemas.items():
        try:
            sent, repeated = _READERS[place](schema)
        except (BadRequest, UnsupportedMediaType):
            if not found.errors:
                raise
            continue  # what is wrong with the address tells more
        found.errors.update({name: ["repeated"] for name in repeated})
        try:
            found.values[place] = schema.load(sent, partial=repeated)
        except ma.ValidationError as problem:
            for name, code in _flat_errors(problem.messages):
                found.errors.setdefault(name, []).append(code)
    if raw and not found.errors:
        found.values["raw"] = _raw(raw)
    return found


def _raw(content_type: str) -> bytes:
    if request.mimetype != content_type:
        raise UnsupportedMediaType
    return raw_body()


def _form(schema: ma.Schema) -> Sent:
    """Fields and files together."""
    if request.mimetype != _FORM:
        raise UnsupportedMediaType
    parts = [*request.form.items(multi=True), *request.files.items(multi=True)]
    return _single_values(MultiDict(parts), schema)


_READERS: dict[str, Callable[[ma.Schema], Sent]] = {
    "body": lambda _schema: (json_body(), ()),
    "form": _form,
    "query": lambda schema: _single_values(request.args, schema),
}


def json_body() -> dict[str, Any]:
    """The body, a JSON object; {} if there is none.

    orjson accepts what RFC 8259 allows and no more: no NaN, no lone surrogates, no invalid UTF-8,
    and at most 254 levels. Raises BadRequest or UnsupportedMediaType.
    """
    if "api_body" not in g:
        g.api_body = _read_json()
    body: dict[str, Any] = g.api_body
    return body


def _unexpected_names(schemas: Mapping[str, ma.Schema], *, takes_body: bool) -> list[str]:
    """Names in a query or body that no schema reads."""
    names: list[str] = []
    if "query" not in schemas and request.query_string:
        names += request.args
    if not takes_body and not schemas.keys() & {"body", "form"}:
        names += _fields_sent()
    return names


def _fields_sent() -> list[str]:
    """The names of the body's fields; `body` if it has none."""
    environ = request.environ
    if environ.get("CONTENT_LENGTH", "0") == "0" and "HTTP_TRANSFER_ENCODING" not in environ:
        return []  # the usual case
    try:
        if request.mimetype in {_FORM, "application/x-www-form-urlencoded"}:
            names = [*request.form, *request.files]
            return names or (["body"] if request.content_length else [])
        found = orjson.loads(raw_body() or b"{}")
    except (orjson.JSONDecodeError, RequestEntityTooLarge):
        return ["body"]
    return list(found) if isinstance(found, dict) else ["body"]


def _single_values(sent: MultiDict[str, Any], schema: ma.Schema) -> Sent:
    """{name: value}, with lists where the schema has lists, and the names that were repeated."""
    found: dict[str, Any] = {}
    repeated = []
    for name, values in sent.lists():
        field = schema.fields.get(name)
        if isinstance(field, ma.fields.List):
            found[name] = values
        elif field is not None and len(values) > 1:
            repeated.append(name)
        else:
            found[name] = values[0]
    return found, repeated


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
            yield from _flat_errors(inner, (*path, str(name)))
        return
    for message in messages if isinstance(messages, list) else [messages]:
        if isinstance(message, dict):
            yield from _flat_errors(message, path)
        else:
            yield ".".join(part for part in path if part != "_schema") or "body", str(message)
