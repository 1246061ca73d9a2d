"""What the server itself answers when a request never reaches the application.

Programs get a problem document as from the API, everybody else one line of text. Nothing of the
request is repeated.
"""

import json
import re
import secrets
from http import HTTPStatus
from typing import Any

_API = re.compile(rb"[A-Z]{1,20} /api/v1[/? ]")
# The longest beginning that `_API` looks at.
LOOKED_AT = 32


def is_for_api(beginning: bytes) -> bool:
    """Whether a request that begins so was meant for the API."""
    return _API.match(beginning) is not None


def status_of(error: Exception) -> HTTPStatus:
    """The status for what gunicorn's parser raises; 500 for everything else."""
    from gunicorn.http import errors

    statuses = {
        errors.LimitRequestLine: HTTPStatus.REQUEST_URI_TOO_LONG,
        errors.LimitRequestHeaders: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
        errors.ExpectationFailed: HTTPStatus.EXPECTATION_FAILED,
        errors.UnsupportedTransferCoding: HTTPStatus.NOT_IMPLEMENTED,
        errors.InvalidResponseHeader: HTTPStatus.INTERNAL_SERVER_ERROR,
        errors.InvalidResponseHeaderName: HTTPStatus.INTERNAL_SERVER_ERROR,
        errors.ParseException: HTTPStatus.BAD_REQUEST,
    }
    found = (status for kind, status in statuses.items() if isinstance(error, kind))
    return next(found, HTTPStatus.INTERNAL_SERVER_ERROR)


def answer(status: HTTPStatus, request_id: str, *, for_api: bool) -> bytes:
    """The whole response, after which the connection is closed."""
    kind, text = "text/plain", f"{status.value} {status.phrase} [{request_id}]\n"
    if for_api:
        kind, text = "application/problem+json", json.dumps(_problem(status, request_id))
    lines = [
        f"HTTP/1.1 {status.value} {status.phrase}",
        f"Content-Type: {kind}",
        f"Content-Length: {len(text)}",
        f"X-Request-ID: {request_id}",
        "X-Content-Type-Options: nosniff",
        "Cache-Control: no-store",
        "Connection: close",
    ]
    return ("\r\n".join(lines) + f"\r\n\r\n{text}").encode("ascii")


def new_request_id() -> str:
    return secrets.token_hex(8)


def _problem(status: HTTPStatus, request_id: str) -> dict[str, Any]:
    from portal.web.problems import code_of  # not above: see `connections`

    code = code_of(status)
    return {
        "type": f"urn:lodge:problem:{code}",
        "title": status.phrase,
        "status": status.value,
        "detail": status.description,
        "code": code,
        "request_id": request_id,
    }
