"""Shared components of the OpenAPI document: headers, parameters, the schema of a problem."""

from typing import Any


def _header(text: str) -> dict[str, Any]:
    return {"description": text, "schema": {"type": "integer", "minimum": 0}}


LIMIT_HEADERS = {
    "RateLimit-Limit": _header("Requests in the window of the tightest limit that applies."),
    "RateLimit-Remaining": _header("Requests left in it."),
    "RateLimit-Reset": _header("Seconds until it begins anew."),
}


HEADERS = {
    **LIMIT_HEADERS,
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


IDEMPOTENCY_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "description": "A name of your own for this very request: sent again with it, the request is "
    "not done again but answered as the first time, for 24 hours.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}


IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "required": True,
    # No example: viewers that can send requests would send it.
    "description": 'The ETag of the version that this is a change of, like `"3"`; `*` for whatever '
    "there is.",
    "schema": {"type": "string"},
}


_TEXT = {"type": "string"}


_PLACE = {"type": "integer", "minimum": 0}
PROBLEM = {
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
                    "properties": {
                        "code": _TEXT,
                        "detail": _TEXT,
                        "start": {**_PLACE, "description": "Where it begins in a search."},
                        "end": {**_PLACE, "description": "Where it ends there."},
                        "meant": {**_TEXT, "description": "The search that was probably meant."},
                    },
                    "additionalProperties": False,
                },
            },
        },
    },
    "additionalProperties": False,
}
