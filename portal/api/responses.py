"""JSON responses. Each is built field by field, never from a whole row."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from flask import Response, request

from portal.api import idempotency
from portal.extensions import db
from portal.models.tickets import Ticket

# Times are written in UTC, to the second: 2026-11-21T09:30:00Z.
_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS


def json_response(
    data: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(
        orjson.dumps(data, option=_OPTIONS), status, headers=headers, mimetype="application/json"
    )


def list_response(
    items: Sequence[Any], following: str | None = None, status: int = 200
) -> Response:
    """A page of a list; `following` is the cursor of the next one, None on the last."""
    return json_response({"items": items, "next": following}, status)


def empty_response(status: int = 204) -> Response:
    """A response without body and Content-Type."""
    response = Response(status=status)
    del response.headers["Content-Type"]
    return response


def drop_content_type(response: Response) -> Response:
    """An `after_request`: Flask's empty answer to OPTIONS is not HTML."""
    if request.method == "OPTIONS":
        response.headers.pop("Content-Type", None)
    return response


def committed(response: Response, *, ticket: Ticket | None = None) -> Response:
    """Commit, and store the response for repeats by Idempotency-Key.

    Who may not see `ticket` any more does not get it repeated.
    """
    idempotency.store_response(response, ticket)
    db.session.commit()
    return response
