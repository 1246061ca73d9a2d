"""Views that answer HTMX with a fragment and everybody else with the page."""

from flask import Response, flash, redirect, render_template
from htmx_flask import request
from werkzeug.wrappers import Response as AnyResponse


def wants_fragment() -> bool:
    """Whether HTMX asks for a fragment. When it restores history it needs the whole page."""
    return bool(request.htmx) and not request.headers.get("HX-History-Restore-Request")


def is_background() -> bool:
    """Whether an open page asks by itself, so that nobody waits to hear of it."""
    return "X-Background" in request.headers


def page_or_fragment(
    page: str, fragment: str, /, status: int = 200, said: object = "", **context: object
) -> Response:
    """Render `fragment` for HTMX, else `page`, from the same context.

    `said` is what the fragment shows, in a few words: nothing else tells who cannot see it.
    """
    if wants_fragment():
        body = render_fragment(fragment, said=said, **context)
    else:
        body = render_template(page, **context)
    return Response(body, status=status, mimetype="text/html")


def render_fragment(template: str, /, said: object = "", **context: object) -> str:
    """Render `template`, and for the live region what was done (`say`, `flash`) or `said`."""
    return with_words(render_template(template, **context), said=said, **context)


def render_read_out(template: str, words: object, /, **context: object) -> str:
    """Render what comes up while somebody types, and `words` of it for a screen reader alone."""
    read_out = render_template("layouts/read_out.hx.html", words=words)
    return "".join((render_template(template, **context), read_out))  # as in `with_words`


def with_words(body: str, /, said: object = "", **context: object) -> str:
    """A rendered fragment with the same words."""
    if is_background():
        return body
    words = render_template("layouts/said.hx.html", fragment=True, said=said, **context)
    return "".join((body, words))  # both are HTML: a Markup would escape what is added to it


def say(*sentences: object) -> None:
    """Tell what was done: in the live region, or on the page that follows where all is loaded."""
    flash(" ".join(str(sentence) for sentence in sentences if sentence), "said")


def see_other(location: str) -> AnyResponse:
    """303 to `location`, after a POST: reloading the page that follows sends nothing again."""
    return redirect(location, 303)


def go_to(url: str) -> AnyResponse:
    """Another page, also where htmx waits for a part of this one."""
    if wants_fragment():
        return AnyResponse(status=200, headers={"HX-Redirect": url})
    return see_other(url)
