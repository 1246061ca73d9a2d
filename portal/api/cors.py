"""CORS: scripts of the sites in CORS_ORIGINS may call the API from a browser.

Cookies are never allowed along: a script's rights come from the credential that it holds.
"""

from flask import Flask, Response, current_app, request

from portal.web import problems

_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
_REQUEST_HEADERS = "Authorization, Content-Type, Accept-Language, Idempotency-Key, If-Match"
_RESPONSE_HEADERS = (
    "ETag, Location, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, "
    "X-Request-ID, Idempotent-Replayed, WWW-Authenticate"
)
_HOUR = "3600"


def attach(app: Flask) -> None:
    if app.config["CORS_ORIGINS"]:
        app.after_request(_allow)


def _allow(response: Response) -> Response:
    if not problems.is_api_request():
        return response
    allowed: list[str] = current_app.config["CORS_ORIGINS"]
    origin = request.headers.get("Origin", "")
    response.vary.add("Origin")
    if not origin or (origin not in allowed and "*" not in allowed):
        return response
    headers = response.headers
    headers["Access-Control-Allow-Origin"] = "*" if "*" in allowed else origin
    headers["Access-Control-Expose-Headers"] = _RESPONSE_HEADERS
    if request.method == "OPTIONS":
        headers["Access-Control-Allow-Methods"] = _METHODS
        headers["Access-Control-Allow-Headers"] = _REQUEST_HEADERS
        headers["Access-Control-Max-Age"] = _HOUR
    return response
