"""Rate-limit headers of responses: `RateLimit-*` and `Retry-After`."""

import math

from flask import Flask, Response
from flask_limiter import RequestLimit

from portal import clock
from portal.extensions import LIMIT_WAIT, limiter
from portal.web import problems


def attach(app: Flask) -> None:
    """Rename the headers of Flask-Limiter as the IETF's draft has them."""
    # Flask calls them from the last to the first: this one after Flask-Limiter's own.
    app.after_request_funcs.setdefault(None, []).insert(0, _name_headers)


def _name_headers(response: Response) -> Response:
    headers = response.headers
    if LIMIT_WAIT not in headers:
        return response
    wait = headers.pop(LIMIT_WAIT)
    # The calls of a day have a time of their own.
    by_plan = "Retry-After" in headers
    if response.status_code == 429 and not by_plan:
        headers["Retry-After"] = wait
    if not problems.is_api_request():
        return response
    for name in ("Limit", "Remaining", "Reset"):
        headers.pop(f"X-RateLimit-{name}")
    limit = _tightest()
    reset = str(max(0, math.ceil(limit.reset_at - clock.now().timestamp())))
    headers["RateLimit-Limit"] = str(limit.limit.amount)
    headers["RateLimit-Remaining"] = str(limit.remaining)
    headers["RateLimit-Reset"] = reset
    if response.status_code == 429 and not by_plan:
        headers["Retry-After"] = reset
    return response


def _tightest() -> RequestLimit:
    """The limit that was reached, or will be reached soonest."""
    limits = limiter.current_limits
    reached = [limit for limit in limits if limit.breached]
    return min(reached or limits, key=lambda limit: (limit.remaining, -limit.reset_at))
