"""The page to return to, after signing in or a proof."""

from urllib.parse import urlsplit

from flask import (
    request,
    url_for,
)
from htmx_flask import request as htmx_request


def page_of_request() -> str | None:
    """The path of the page from which this request was sent, to return to."""
    if htmx_request.htmx:
        return _path(request.headers.get("HX-Current-URL"))
    return request.full_path.rstrip("?") if request.method == "GET" else _path(request.referrer)


def _path(url: str | None) -> str | None:
    """Path and query of `url`; None if it is empty or no URL."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    return f"{parts.path}?{parts.query}".rstrip("?") or None


def safe_next(target: str) -> str:
    r"""`target` if it is a path on this site, else the start page.

    Checked by rules on the text: URL parsers take `/\evil` and `//evil` for paths.
    """
    plain = target.isprintable() and "\\" not in target and len(target) < 2000
    if plain and target.startswith("/") and not target.startswith("//"):
        return target
    return url_for("home")
