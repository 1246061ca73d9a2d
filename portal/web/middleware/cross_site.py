"""Refuses unsafe requests that a page of another site made a browser send, whatever their token.

Browsers name the sender in `Origin`, and in `Sec-Fetch-Site` where the connection is private (Fetch
metadata). A request with neither comes from no current browser; the CSRF token alone decides then.
"""

from urllib.parse import urlsplit

from flask import Flask, current_app, request

from portal.errors import ForeignOrigin
from portal.web import problems

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
# Another host of our own domain is another site, too. "none": somebody pressed reload.
_SAME_SITE = frozenset({"", "same-origin", "none"})
_PORTS = {"http": 80, "https": 443}


def attach(app: Flask) -> None:
    app.before_request(_refuse)


def _refuse() -> None:
    # The API ignores cookies, so a forged request has no credential.
    if request.method in _SAFE_METHODS or problems.is_api_request():
        return
    environ = request.environ
    if environ.get("HTTP_SEC_FETCH_SITE", "").lower() not in _SAME_SITE:
        raise ForeignOrigin
    origin = environ.get("HTTP_ORIGIN")
    if origin is not None and not _is_ours(origin):
        raise ForeignOrigin


def is_same_origin() -> bool:
    """Whether the browser says that a page of ours sent this request, whatever its token."""
    origin = request.environ.get("HTTP_ORIGIN")
    site = request.environ.get("HTTP_SEC_FETCH_SITE", "").lower()
    return _is_ours(origin) if origin is not None else site == "same-origin"


def _is_ours(origin: str) -> bool:
    """Whether `origin` is the requested host or BASE_URL's, which a proxy may not pass on."""
    found = _origin_of(origin)
    return found is not None and found in map(
        _origin_of, (f"{request.scheme}://{request.host}", current_app.config["BASE_URL"])
    )


def _origin_of(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None for `null` and whatever has no host."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname else None
