"""Renders messages again after a change of the renderer."""

import time

from jobs import job
from jobs.parts.registry import MINUTE, Sweep, part
from portal import markdown
from portal.extensions import begin_write
from portal.isolation import attempt, attempt_together
from portal.services.tickets import comments

_RENDER_SECONDS = 3.0
_RENDERED = 100


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
def render_again() -> bool:
    """Render messages of older renderers for a bounded time; whether some are left.

    So a stricter sanitizer applies to old messages, too. Rendering is done between two
    transactions.
    """
    until = time.monotonic() + _RENDER_SECONDS
    last = comments.FIRST_POSITION
    while old := _rendered_before(last):
        if time.monotonic() > until:
            return True
        _render(old)
        last = old[-1][:2]
    return False


def _render(old: list[tuple[int, int, str]]) -> None:
    again = {of: (of, text, _rendered(of, text)) for _version, of, text in old}
    attempt_together("comment", _replace_html, again)


def _rendered(comment_id: int, text: str) -> str:
    """The HTML of a message by the current renderer; as plain text if that fails."""
    html = attempt("rendering of comment", lambda _id: markdown.render(text), comment_id)
    return markdown.plain(text) if html is None else html


@job
def _rendered_before(last: comments.RenderPosition) -> list[tuple[int, int, str]]:
    return comments.outdated_comments(last, _RENDERED)


@job
def _replace_html(rendered: list[tuple[int, str, str]]) -> None:
    begin_write()
    comments.replace_html(rendered)
