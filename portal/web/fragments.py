"""Views that answer HTMX with a fragment and everybody else with the page."""

from flask import Response, redirect, render_template
from htmx_flask import request
from werkzeug.wrappers import Response as AnyResponse


def wants_fragment() -> bool:
    """Whether HTMX asks for a fragment. When it restores history it needs the whole page."""
    return bool(request.htmx) and not request.headers.get("HX-History-Restore-Request")


def page_or_fragment(page: str, fragment: str, /, status: int = 200, **context: object) -> Response:
    """Render `fragment` for HTMX, else `page`, from the same context."""
    body = render_template(fragment if wants_fragment() else page, **context)
    return Response(body, status=status, mimetype="text/html")


def see_other(location: str) -> AnyResponse:
    """303 to `location`, after a POST: reloading the page that follows sends nothing again."""
    return redirect(location, 303)
