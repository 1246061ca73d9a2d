"""Error responses of the API: `application/problem+json` (RFC 9457).

`code` is for programs and never changes; `title` and `detail` are for people, in their language.
Domain errors (`portal.errors`) have their own texts; here are those of HTTP statuses.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import orjson
from flask import Response, g

from portal import errors, i18n
from portal.errors import DomainError
from portal.i18n import lazy_gettext
from portal.i18n import lazy_gettext as _
from portal.web.current import current_request
from portal.web.forms import ERROR_MESSAGES

MIMETYPE = "application/problem+json"
# Without the pages that document the API.
_PREFIX = "/api/v1"
# Limits of what an error response repeats from the request.
_MAX_FIELDS, _MAX_NAME = 50, 100


class StatusText(NamedTuple):
    """Code and texts of a status that no domain error caused."""

    code: str
    title: object = ""
    detail: object = ""


def _text_of_error(kind: type[DomainError], title: object) -> StatusText:
    """The texts of a domain error, for the same status without one."""
    return StatusText(kind.code, title, lazy_gettext(kind.detail))


# A status without a title has that of 400.
STATUS_TEXTS = {
    400: StatusText(
        "malformed",
        _("The request could not be understood"),
        _("The body has to be JSON (RFC 8259) in UTF-8, an object, and not nested deep."),
    ),
    401: _text_of_error(errors.SignInNeeded, _("Not signed in")),
    402: _text_of_error(errors.PlanFull, _("The plan is full")),
    403: _text_of_error(errors.Forbidden, _("Not allowed")),
    404: _text_of_error(errors.NotFound, _("Nothing here")),
    405: StatusText(
        "method_not_allowed",
        _("That is not possible here"),
        _("This address does not take that method: see the header Allow."),
    ),
    406: StatusText("not_acceptable"),
    408: StatusText(
        "too_slow",
        _("That took too long"),
        _("The body came too slowly to wait for it. Send it again."),
    ),
    409: StatusText("conflict", _("This does not fit the present state")),
    410: StatusText("gone", _("This does not work any more")),
    412: _text_of_error(errors.VersionChanged, _("Something changed meanwhile")),
    413: _text_of_error(errors.TooLarge, _("That is too large")),
    414: StatusText(
        "address_too_long",
        _("That is too large"),
        _("The address has more than 4,094 characters with its method. Send less in the query."),
    ),
    415: StatusText(
        "wrong_content_type",
        _("This kind of content is not accepted"),
        _("Send the content type that the description of the endpoint names."),
    ),
    416: StatusText("range_not_satisfiable"),
    417: StatusText("expectation_failed"),
    422: _text_of_error(errors.Invalid, _("A value is not right")),
    428: _text_of_error(errors.VersionNeeded, _("The version is missing")),
    429: StatusText(
        "too_many_requests", _("Too many requests"), _("Wait as long as Retry-After says.")
    ),
    431: StatusText(
        "head_too_large",
        _("That is too large"),
        _("The headers are more or longer than a server reads. Send fewer, or shorter ones."),
    ),
    500: StatusText(
        "broken",
        _("Something broke on our side"),
        _("The error has been written down under the request_id."),
    ),
    501: StatusText("not_implemented"),
    503: _text_of_error(errors.ForeignStore, _("Not available at the moment")),
    507: _text_of_error(errors.StorageFull, _("No space left")),
}
# Messages of field errors, in addition to those of forms.
FIELD_MESSAGES = {
    "unknown_field": _("There is no such field."),
    "repeated": _("This can be named only once."),
    "null": _("This must not be null."),
    "type": _("This is of the wrong type."),
    "range": _("This is too small or too large."),
    "broken": _("This text contains characters that cannot be stored."),
    "not_together": _("This does not go together with another of the parameters."),
    "not_with_this": _("These tickets do not come in that order."),
    "idempotency_key": _("Use 1 to 255 visible ASCII characters, without spaces."),
    "too_many_items": _("These are too many."),
    "time": _("This is not a time in RFC 3339, with its zone."),
}


def is_api_request() -> bool:
    """Whether this request is one to the API, whose errors are problems instead of pages."""
    path = current_request().path
    return path.startswith(_PREFIX) and path[len(_PREFIX) :][:1] in {"", "/"}


def code_of(status: int) -> str:
    return _text_of(status).code


def title(status: int) -> str:
    """The title of `status` in the language of the request."""
    return str(_text_of(status).title or STATUS_TEXTS[400].title)


def from_status(status: int, headers: Iterable[tuple[str, str]] = ()) -> Response:
    """The problem response for a status."""
    plain = _text_of(status)
    return _problem(status, plain.code, plain.detail, headers)


def from_error(error: DomainError) -> Response:
    """The problem response for a domain error."""
    fields = error.details if isinstance(error, errors.Invalid) else {}
    headers = [("Retry-After", str(error.retry_after))] if error.retry_after else []
    sentence = error.detail or error.sentence
    return _problem(
        error.status,
        error.code,
        i18n.gettext(sentence) if sentence else "",
        headers,
        fields=fields,
        challenge=error.challenge,
    )


def _text_of(status: int) -> StatusText:
    return STATUS_TEXTS.get(status, STATUS_TEXTS[500 if status >= 500 else 400])


def _problem(
    status: int,
    code: str,
    detail: object,
    headers: Iterable[tuple[str, str]],
    *,
    fields: Mapping[str, object] | None = None,
    challenge: str = "",
) -> Response:
    body: dict[str, Any] = {
        "type": f"urn:lodge:problem:{code}",
        "title": title(status),
        "status": status,
        "detail": str(detail),
        "code": code,
        "request_id": g.get("request_id", "-"),
    }
    if fields:
        body["errors"] = _by_field(fields)
    response = Response(orjson.dumps(body), status, mimetype=MIMETYPE)
    for name, value in headers:
        if name.lower() not in {"content-type", "content-length"}:
            response.headers[name] = value
    if status == 401 or challenge:
        words = ", ".join(filter(None, ['Bearer realm="api"', challenge]))
        response.headers["WWW-Authenticate"] = words
    response.headers["Content-Language"] = i18n.current_locale()
    response.vary.add("Accept-Language")
    return response


def _by_field(fields: Mapping[str, object]) -> dict[str, list[Mapping[str, object]]]:
    """Errors by field: each a code, or a mapping that says more than its sentence."""
    found: dict[str, list[Mapping[str, object]]] = {}
    for name, codes in list(fields.items())[:_MAX_FIELDS]:
        several = codes if isinstance(codes, list) else [codes]
        found[name[:_MAX_NAME]] = [
            code
            if isinstance(code, Mapping)
            else {"code": str(code), "detail": _sentence(str(code))}
            for code in several
        ]
    return found


def _sentence(code: str) -> str:
    return str(FIELD_MESSAGES.get(code) or ERROR_MESSAGES.get(code) or STATUS_TEXTS[422].detail)
