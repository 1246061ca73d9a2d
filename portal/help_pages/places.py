"""Help from where one stands: the link in the frame of every page."""

from functools import cache
from typing import Any

from flask import request, url_for
from flask_login import current_user

from portal.help_pages import bp
from portal.help_pages.contents import chapters_for, place_of


@bp.record_once
def _attach(state: Any) -> None:
    state.app.jinja_env.globals["help_url"] = help_url


def help_url() -> str:
    """The page about the page of this request, among those that its reader may see."""
    # Each look through the proxy costs as much as all else here.
    reader = current_user._get_current_object()
    readable = tuple(chapter.name for chapter in chapters_for(reader))
    return _url(request.endpoint or "", readable)


@cache
def _url(endpoint: str, readable: tuple[str, ...]) -> str:
    place = place_of(endpoint, readable)
    if place is None:
        return url_for("help.index")
    return url_for("help.page", chapter=place[0], name=place[1])
