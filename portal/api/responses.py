"""Answers as JSON. What goes out is listed field by field where it is made, never a whole row."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from flask import Response, request

from portal.api import idempotency
from portal.extensions import db
from portal.models.tickets import Ticket

# Times are aware, and told in UTC to the second: 2026-11-21T09:30:00Z.
_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS


def json_response(
    data: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """`data` as JSON."""
    return Response(
        orjson.dumps(data, option=_OPTIONS), status, headers=headers, mimetype="application/json"
    )


def list_response(
    items: Sequence[Any], following: str | None = None, status: int = 200
) -> Response:
    """A page of a list; `following` is the cursor of the next one, None on the last."""
    return json_response({"items": items, "next": following}, status)


def empty_response(status: int = 204) -> Response:
    """It is done, or will be, and there is nothing to say."""
    response = Response(status=status)
    del response.headers["Content-Type"]
    return response


def drop_content_type(response: Response) -> Response:
    """An `after_request`: to OPTIONS Flask answers an empty page, and it is none."""
    if request.method == "OPTIONS":
        response.headers.pop("Content-Type", None)
    return response


def committed(response: Response, *, ticket: Ticket | None = None) -> Response:
    """Commit what this request has changed, with the answer if it may be asked for again.

    Whoever may not see `ticket` any more by then is not told of it.
    """
    idempotency.store_response(response, ticket)
    db.session.commit()
    return response
