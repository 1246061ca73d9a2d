"""The OpenAPI document: what `@bp.serve` declares, told in full for each endpoint."""

from http import HTTPStatus
from typing import Any

import flask_smorest
from apispec import APISpec
from flask import Flask

from portal import errors
from portal.api.authorization import Audience, EndpointSpec
from portal.api.webhooks import webhook_events
from portal.models.people import KeyScope
from portal.web import problems

VERSION = "1"
_AUDIENCES = {
    Audience.ANYONE: "For everybody, signed in or not.",
    Audience.SIGNED_IN: "For everybody who is signed in.",
    Audience.STAFF: "For staff and admins.",
    Audience.ADMIN: "For admins.",
}
_PROOF = (
    "Needs an access token of a sign-in within the last ten minutes: `POST /auth/login`. An API "
    "key is refused."
)
_DESCRIPTION = """\
The support desk for programs: the same rules, tickets and people as on the pages.

**Credentials.** `Authorization: Bearer …` with an access token (`POST /auth/login`, 15 minutes; \
`POST /auth/refresh` gives the next) or with an API key (`lk_…`, made under Account → API keys; a \
`read` key may only GET). Cookies are never looked at.

**Fresh proof.** What gives power or takes it (members and their roles, credentials, webhooks, \
accounts) and the copy of all personal data want to know that the person is there: an access token \
whose sign-in is at most ten minutes old. All others, and every API key, are answered 403 \
`proof_needed`, with `WWW-Authenticate: Bearer error="insufficient_user_authentication"` and \
`max_age` (RFC 9470): sign in again, then send it once more. A refreshed token is as old as its \
sign-in.

**Errors** are `application/problem+json` (RFC 9457). `code` is stable and meant for programs; \
`title` and `detail` follow `Accept-Language` (English, Russian); `errors` names the fields. \
Fields that are not listed here are refused by name.

**Lists** answer `items` and `next`: send `next` as `cursor` for the following page, until it is \
null. `limit` is at most 100. Pages stay whole while new entries come in.

**Repeating a POST** is safe with an `Idempotency-Key` of your own (1 to 255 visible ASCII \
characters): for 24 hours the same request of the same person is answered as the first time. The \
credential has to be good at that moment: `POST /auth/logout`, `/auth/change-password` and \
`/auth/api-key-reset` end the one that they came with, or may, and a repeat with it is 401. That \
says that they were done; signed in anew, the repeat is answered as the first time. After a change \
of the person's role or organization, or when the ticket is gone, a repeat is 410 \
`answer_ended`: the request was done, and is not done again.

**Changing a ticket** takes its `ETag` as `If-Match`, so that nobody writes over what they have \
not seen: 428 without, 412 when it has changed.

**Limits** are told in `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` (seconds); \
429 says in `Retry-After` how long to wait, and so do 409 `still_running` and 503 `unavailable`.

`me` stands for the caller wherever a user's id is taken. Times are UTC (RFC 3339).
"""


class Api(flask_smorest.Api):
    """flask-smorest without the parts that speak for the whole application."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """None: errors of pages stay pages. `portal.web.errors` answers those of the API."""


def new(app: Flask) -> Api:
    """The document's frame; blueprints registered with it are told in it."""
    app.config.setdefault("API_TITLE", "Lodge")
    app.config.setdefault("API_VERSION", VERSION)
    app.config.setdefault("OPENAPI_VERSION", "3.1.0")
    api = Api(
        app,
        spec_kwargs={
            "info": {"description": _DESCRIPTION, "license": {"name": "BSD-3-Clause"}},
            "servers": [{"url": "/", "description": "This desk"}],
        },
    )
    schemes = {
        "accessToken": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "From `POST /auth/login` or `/auth/refresh`.",
        },
        "apiKey": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "lk_…",
            "description": "Made under Account → API keys, with the scope `read` or `write`.",
        },
    }
    for name, scheme in schemes.items():
        api.spec.components.security_scheme(name, scheme)
    api.spec.components.schema("Problem", _PROBLEM)
    for name, header in _HEADERS.items():
        api.spec.components.header(name, header)
    return api


def complete_operation(
    doc: dict[str, Any], doc_info: dict[str, Any], *, spec: APISpec, method: str, **_: Any
) -> dict[str, Any]:
    """Add to an operation what its EndpointSpec says: credentials, audience, headers, errors."""
    endpoint: EndpointSpec = doc_info["spec"]
    docstring = doc_info["docstring"]
    proof = _PROOF if endpoint.needs_proof else ""
    parts = [docstring.get("description", ""), _AUDIENCES[endpoint.audience], proof]
    docstring["description"] = "\n\n".join(part for part in parts if part)
    doc["security"] = _security(endpoint)
    parameters = doc.setdefault("parameters", [])
    repeatable = method == "post" and endpoint.scope is KeyScope.WRITE
    if repeatable:
        parameters.append(_IDEMPOTENCY_KEY)
    if endpoint.needs_version:
        parameters.append(_IF_MATCH)
    # The others are flask-smorest's own, without a word of ours.
    success = doc["responses"][endpoint.status]
    success["headers"] = {
        **{
            name: {"description": text, "schema": {"type": "string"}}
            for name, text in endpoint.answer_headers.items()
        },
        **_refer(*_LIMIT_HEADERS, *(["Idempotent-Replayed"] if repeatable else [])),
    }
    for status in endpoint.also:
        doc["responses"][status]["headers"] = _refer(*_LIMIT_HEADERS)
    codes = _codes(endpoint, method=method, has_body="requestBody" in doc)
    doc["responses"] = {
        endpoint.status: success,
        **{status: doc["responses"][status] for status in endpoint.also},
        **{status: _shared_response(spec, status, codes[status]) for status in sorted(codes)},
    }
    return doc


def full_document(spec: APISpec) -> dict[str, Any]:
    """The document as it is served."""
    webhooks = webhook_events.webhooks_section(spec)
    document: dict[str, Any] = {**spec.to_dict(), "webhooks": webhooks}
    _describe_path_parameters(document)
    _drop_unused_schemas(document)
    document["tags"] = [
        {"name": tag, "description": text}
        for tag, text in TAGS.items()
        if tag in _used_tags(document)
    ]
    return document


TAGS = {
    "auth": "Signing in and out, tokens, passwords.",
    "users": "People.",
    "account": "One's own account, and what the law gives one of it.",
    "tickets": "Tickets: list, file, change.",
    "comments": "What is said on a ticket.",
    "attachments": "Files on tickets.",
    "organization": "One's own organization: name, members, credentials.",
    "admin": "For those who run the desk.",
    "webhooks": "What is told to other programs.",
}


# What stands in addresses: description and example.
_PATH_PARAMETERS = {
    "number": ("The ticket's number.", "REQ000001"),
    "id": ("The account's id, or `me`.", "USR000001"),
    "attachment_id": ("The id that the list of files tells.", 17),
    "export_id": ("The id that asking for the copy has answered.", 7),
    "webhook_id": ("The webhook's id.", 1),
    "delivery_id": ("The delivery's id.", 1),
}


def _describe_path_parameters(document: dict[str, Any]) -> None:
    """Say what stands in addresses; what type it is, the rule has said."""
    for path in document["paths"].values():
        for place in path.get("parameters", ()):
            place["description"], example = _PATH_PARAMETERS[place["name"]]
            place["schema"]["examples"] = [example]


def _drop_unused_schemas(document: dict[str, Any]) -> None:
    """Leave out the schemas of flask-smorest's own that nothing refers to."""
    told = repr(document)
    schemas = document["components"]["schemas"]
    for name in [name for name in schemas if f"#/components/schemas/{name}'" not in told]:
        del schemas[name]


def _used_tags(document: dict[str, Any]) -> set[str]:
    operations = (o for path in document["paths"].values() for o in path.values())
    return {tag for o in operations if isinstance(o, dict) for tag in o.get("tags", ())}


def _security(endpoint: EndpointSpec) -> list[dict[str, list[str]]]:
    if endpoint.audience is Audience.ANYONE:
        return []
    if endpoint.needs_proof:
        return [{"accessToken": []}]
    return [{"accessToken": []}, {"apiKey": [str(endpoint.scope)]}]


def _codes(endpoint: EndpointSpec, *, method: str, has_body: bool) -> dict[int, dict[str, str]]:
    """Each status with which the endpoint may fail, with its codes and what is said of them."""
    kinds: list[type[errors.DomainError]] = [errors.Invalid, *endpoint.fails]
    plain = [429, 500, 503]
    if endpoint.audience is not Audience.ANYONE:
        kinds += [errors.SignInNeeded, errors.BadCredential, errors.SecondFactorNeeded]
        if endpoint.scope is KeyScope.WRITE:
            kinds.append(errors.ScopeTooNarrow)
    if endpoint.audience in {Audience.STAFF, Audience.ADMIN}:
        kinds.append(errors.Forbidden)
    if endpoint.needs_proof:
        kinds.append(errors.ProofNeeded)
    if has_body:
        plain += [400, 408, 413, 415]
    elif method == "post":
        plain.append(413)  # with an Idempotency-Key any body is read, to know it again
    if method == "post" and endpoint.scope is KeyScope.WRITE:
        kinds += [errors.StillRunning, errors.KeyReused, errors.AnswerEnded]
    if endpoint.needs_version:
        kinds += [errors.VersionNeeded, errors.VersionChanged]
    codes: dict[int, dict[str, str]] = {}
    for kind in kinds:
        codes.setdefault(kind.status, {}).setdefault(kind.code, kind.detail)
    for status in plain:
        code, _title, detail = problems.STATUS_TEXTS[status]
        codes.setdefault(status, {}).setdefault(code, str(detail))
    return codes


def _shared_response(spec: APISpec, status: int, codes: dict[str, str]) -> str:
    """The name of the response that tells of these codes: many endpoints fail alike."""
    name = f"{status}-{'-'.join(codes)}"
    if name not in spec.components.responses:
        spec.components.response(name, _response(status, codes))
    return name


def _response(status: int, codes: dict[str, str]) -> dict[str, Any]:
    code, detail = next(iter(codes.items()))
    example = {
        "type": f"urn:lodge:problem:{code}",
        "title": problems.title(status),
        "status": status,
        "detail": detail or HTTPStatus(status).phrase,
        "code": code,
        "request_id": "5f0c2a9be1d34f77",
    }
    if code == "invalid":
        example["errors"] = {"subject": [{"code": "required", "detail": "Please fill this in."}]}
    content = {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}
    told = {
        "description": f"{HTTPStatus(status).phrase}: {', '.join(f'`{name}`' for name in codes)}.",
        "content": {problems.MIMETYPE: content},
    }
    names = list(_LIMIT_HEADERS)
    if status in {429, 503} or "still_running" in codes:
        names.append("Retry-After")
    if status in {401, 403}:
        names.append("WWW-Authenticate")
    told["headers"] = _refer(*names)
    return told


def _refer(*names: str) -> dict[str, dict[str, str]]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _header(text: str) -> dict[str, Any]:
    return {"description": text, "schema": {"type": "integer", "minimum": 0}}


_LIMIT_HEADERS = {
    "RateLimit-Limit": _header("Requests in the window of the tightest limit that applies."),
    "RateLimit-Remaining": _header("Requests left in it."),
    "RateLimit-Reset": _header("Seconds until it begins anew."),
}
_HEADERS = {
    **_LIMIT_HEADERS,
    "Retry-After": _header("Seconds until it makes sense to try again."),
    "WWW-Authenticate": {
        "description": "`Bearer`, and what is wrong with the credential (RFC 6750, RFC 9470).",
        "schema": {"type": "string"},
    },
    "Idempotent-Replayed": {
        "description": "`true`: this is the answer to the first request with the Idempotency-Key.",
        "schema": {"type": "string", "enum": ["true"]},
    },
}
_IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "description": "A name of your own for this very request: sent again with it, the request is "
    "not done again but answered as the first time, for 24 hours.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
_IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": True,
    # No example: readers of the document that can send requests would send it.
    "description": 'The ETag of the version that this is a change of, like `"3"`; `*` for whatever '
    "there is.",
    "schema": {"type": "string"},
}
_TEXT = {"type": "string"}
_PROBLEM = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "The code as a URI."},
        "title": {**_TEXT, "description": "The kind of error, for people."},
        "status": {"type": "integer", "description": "The HTTP status."},
        "detail": {**_TEXT, "description": "What to do about it, for people."},
        "code": {**_TEXT, "description": "For programs. It never changes."},
        "request_id": {**_TEXT, "description": "Name it when you ask for help."},
        "errors": {
            "type": "object",
            "description": "For each field that is not right, what is wrong with it.",
            "additionalProperties": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["code", "detail"],
                    "properties": {"code": _TEXT, "detail": _TEXT},
                    "additionalProperties": False,
                },
            },
        },
    },
    "additionalProperties": False,
}
