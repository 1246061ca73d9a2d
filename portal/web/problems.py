"""Errors of the API as programs read them: `application/problem+json` (RFC 9457).

`code` is for programs and never changes; `title` and `detail` are for people, in their language.
Which error has which status stands in `portal.web.errors`, once for pages and API.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from flask import Response, g, request

from portal import i18n
from portal.i18n import lazy_gettext as _
from portal.security.people import step_up
from portal.web.forms import PROBLEMS

MIMETYPE = "application/problem+json"
# Not the pages on which the API is explained.
_PREFIX = "/api/v1"
# More than this explains nothing to anybody.
_MAX_FIELDS, _MAX_NAME = 50, 100

# Errors without a domain: what is said of the request as such.
CODES = {
    400: "malformed",
    401: "sign_in_needed",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    408: "too_slow",
    409: "conflict",
    410: "gone",
    412: "version_changed",
    413: "too_large",
    414: "address_too_long",
    415: "wrong_content_type",
    416: "range_not_satisfiable",
    417: "expectation_failed",
    422: "invalid",
    428: "version_needed",
    429: "too_many_requests",
    431: "headers_too_large",
    500: "broken",
    503: "unavailable",
    507: "storage_full",
}
# What RFC 6750 has for a credential that came and is not enough.
_CHALLENGES = {
    "bad_credential": ', error="invalid_token"',
    "scope_too_narrow": ', error="insufficient_scope", scope="write"',
    # RFC 9470: how old a sign-in may be, in seconds.
    "proof_needed": ', error="insufficient_user_authentication", '
    f'max_age="{step_up.FRESH.seconds}"',
}
TITLES = {
    400: _("The request could not be understood"),
    401: _("Not signed in"),
    403: _("Not allowed"),
    404: _("Nothing here"),
    405: _("That is not possible here"),
    408: _("That took too long"),
    409: _("This does not fit the present state"),
    410: _("This does not work any more"),
    412: _("Something changed meanwhile"),
    413: _("That is too large"),
    415: _("This kind of content is not accepted"),
    422: _("A value is not right"),
    428: _("The version is missing"),
    429: _("Too many requests"),
    500: _("Something broke on our side"),
    503: _("Not available at the moment"),
    507: _("No space left"),
}
DETAILS = {
    "malformed": _("The body has to be JSON (RFC 8259) in UTF-8, an object, and not nested deep."),
    "sign_in_needed": _(
        "Send an access token or an API key: Authorization: Bearer …. Cookies are not looked at."
    ),
    "bad_credential": _("The token or key is wrong, has expired, or was revoked."),
    "wrong_password": _("The address and the password do not go together."),
    "code_needed": _(
        "The account has a second factor: send `code`, six digits of the app or a recovery code."
    ),
    "wrong_code": _("This code is not right, or was used before."),
    "second_factor_needed": _("Your role needs a second factor. Set one up on the web first."),
    "scope_too_narrow": _("This API key may only read."),
    "proof_needed": _(
        "Sign in again and use the new access token, or send the account's `password` where the "
        "endpoint takes it. An API key is no proof that its owner is there."
    ),
    "email_taken": _("There is an account with this address. Sign in, or reset its password."),
    "forbidden": _("The account does not have the right to do this."),
    "not_found": _("There is no such thing, or it is not yours to see."),
    "method_not_allowed": _("This address does not take that method: see the header Allow."),
    "too_slow": _("The body came too slowly to wait for it. Send it again."),
    "bad_link": _("It was used, has expired, or was replaced by a newer one. Ask for a new one."),
    "stale": _("Read the newest state, then try again."),
    "version_needed": _("Send the ETag that you have read as If-Match."),
    "version_changed": _("Read it again, and send the new ETag as If-Match."),
    "too_large": _("Send less: the limits are in the description of the endpoint."),
    "wrong_content_type": _("Send the content type that the description of the endpoint names."),
    "invalid": _("See `errors` for each field."),
    "still_running": _("The first request with this Idempotency-Key is still being answered."),
    "answer_ended": _(
        "The request was done, and its answer is not yours to see any more: your rights have "
        "changed since, or what it tells of is gone."
    ),
    "key_reused": _("This Idempotency-Key was sent with another request before."),
    "too_many_requests": _("Wait as long as Retry-After says."),
    "broken": _("The error has been written down under the request_id."),
    "unavailable": _("Try again shortly."),
    "storage_full": _("The server cannot store this now. Nothing was saved; try again later."),
}
# What may be wrong with a field, beside what the forms know.
FIELDS = {
    "unknown_field": _("There is no such field."),
    "repeated": _("This can be named only once."),
    "null": _("This must not be null."),
    "type": _("This is of the wrong type."),
    "range": _("This is too small or too large."),
    "broken": _("This text contains characters that cannot be stored."),
    "not_with_this": _("These tickets do not come in that order."),
    "idempotency_key": _("Use 1 to 255 visible ASCII characters, without spaces."),
    "too_many_items": _("These are too many."),
    "time": _("This is not a time in RFC 3339, with its zone."),
}


def wanted() -> bool:
    """Whether who sent this request reads problems rather than pages."""
    path = request.path  # every hook asks
    return path.startswith(_PREFIX) and path[len(_PREFIX) :][:1] in {"", "/"}


def answer(
    status: int,
    code: str = "",
    *,
    detail: object = "",
    fields: Mapping[str, object] | None = None,
    headers: Iterable[tuple[str, str]] = (),
) -> Response:
    """The problem `code` (default: that of `status`) as an answer."""
    code = code or CODES.get(status, "broken" if status >= 500 else "malformed")
    body: dict[str, Any] = {
        "type": f"urn:lodge:problem:{code}",
        "title": str(TITLES.get(status, TITLES[500 if status >= 500 else 400])),
        "status": status,
        "detail": str(DETAILS.get(code, detail)),
        "code": code,
        "request_id": g.get("request_id", "-"),
    }
    if fields:
        body["errors"] = _by_field(fields)
    response = Response(orjson.dumps(body), status, mimetype=MIMETYPE)
    for name, value in headers:
        if name.lower() not in {"content-type", "content-length"}:
            response.headers[name] = value
    if status == 401 or code in _CHALLENGES:
        response.headers["WWW-Authenticate"] = f'Bearer realm="api"{_CHALLENGES.get(code, "")}'
    response.headers["Content-Language"] = i18n.current_locale()
    response.vary.add("Accept-Language")
    return response


def _by_field(fields: Mapping[str, object]) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for name, codes in list(fields.items())[:_MAX_FIELDS]:
        several = codes if isinstance(codes, list) else [codes]
        found[name[:_MAX_NAME]] = [
            {"code": str(code), "detail": _sentence(str(code))} for code in several
        ]
    return found


def _sentence(code: str) -> str:
    return str(FIELDS.get(code) or PROBLEMS.get(code) or DETAILS["invalid"])
