"""Refuses what a page of another site made a browser send, whatever token comes with it.

Browsers say where a request comes from: in `Origin`, and in `Sec-Fetch-Site` where the connection
is private (Fetch metadata). Who says nothing is no browser of today, and the token decides alone.
"""

from urllib.parse import urlsplit

from flask import Flask, current_app, request

from portal.errors import ForeignOrigin
from portal.web import problems

_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
# Another host of our own domain is another site, too. "none": somebody pressed reload.
_OURS = frozenset({"", "same-origin", "none"})
_PORTS = {"http": 80, "https": 443}


def attach(app: Flask) -> None:
    """Look at each request before anything is read of it."""
    app.before_request(_refuse)


def _refuse() -> None:
    # The API looks at no cookie, so nobody's browser can be made to speak for them there.
    if request.method in _SAFE or problems.wanted():
        return
    environ = request.environ
    if environ.get("HTTP_SEC_FETCH_SITE", "").lower() not in _OURS:
        raise ForeignOrigin
    origin = environ.get("HTTP_ORIGIN")
    if origin is not None and not _is_ours(origin):
        raise ForeignOrigin


def _is_ours(origin: str) -> bool:
    """Whether that is where this request went to, or BASE_URL, which a proxy may not tell us."""
    found = _place(origin)
    return found is not None and found in map(
        _place, (f"{request.scheme}://{request.host}", current_app.config["BASE_URL"])
    )


def _place(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None for `null` and all else that names no place."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS[parts.scheme]
    except (ValueError, KeyError):
        return None
    return (parts.scheme, parts.hostname, port) if parts.hostname else None
