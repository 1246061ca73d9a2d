"""How much a caller may ask, and the headers that say so (`RateLimit-*`, `Retry-After`)."""

import math

from flask import Blueprint, Flask, Response, current_app

from portal import clock
from portal.api.callers import by_caller
from portal.extensions import limiter
from portal.web import problems

# Statuses whose Retry-After means something; Flask-Limiter adds one to all.
_WAIT = {409, 429, 503}


def share(bp: Blueprint) -> None:
    """Limit what has no limit of its own: so much for each person, however many their keys."""
    limiter.limit(lambda: current_app.config["API_LIMIT"], key_func=by_caller)(bp)


def attach(app: Flask) -> None:
    """Name the headers as the IETF's draft does."""
    # Flask calls them from the last to the first: this one after Flask-Limiter's own.
    app.after_request_funcs.setdefault(None, []).insert(0, _name_headers)


def _name_headers(response: Response) -> Response:
    if not problems.wanted():
        return response
    headers = response.headers
    for name in ("Limit", "Remaining"):
        if (value := headers.pop(f"X-RateLimit-{name}", None)) is not None:
            headers[f"RateLimit-{name}"] = value
    if (reset := headers.pop("X-RateLimit-Reset", None)) is not None:
        headers["RateLimit-Reset"] = str(max(0, math.ceil(float(reset) - clock.now().timestamp())))
        if response.status_code not in _WAIT:
            headers.pop("Retry-After", None)
    return response
