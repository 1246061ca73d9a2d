"""Fresh proof before sensitive changes: who sits at a signed-in browser need not be its owner.

`@confirmed` on a view asks for the password (or a passkey) again when the last proof of this
session is too old. What was sent meanwhile is never sent again on its own: the person comes back
to the page of the form and presses the button once more.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar

from flask import Response, flash, redirect, request, url_for
from flask_login import current_user
from htmx_flask import request as htmx_request
from werkzeug.wrappers import Response as AnyResponse

from portal import clock
from portal.i18n import gettext as _
from portal.web import sessions

# How long a proof holds, on pages and for programs.
FRESH = timedelta(minutes=10)
View = TypeVar("View", bound=Callable[..., Any])


def confirmed(view: View) -> View:
    """Let `view` run only soon after a proof of presence. Under the route, behind a guard."""

    @wraps(view)
    def asked(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs) if is_fresh() else ask()

    return asked  # type: ignore[return-value]


def is_fresh() -> bool:
    """Whether the person proved to be there within the last ten minutes, in this session."""
    moment = current_user.confirmed_at
    return moment is not None and clock.now() - moment < FRESH


def ask() -> AnyResponse:
    """Lead to the page that asks, and from there back to the page that the request came from."""
    if request.method != "GET":
        flash(_("Nothing was changed yet: confirm that it is you, then do it again."), "warning")
    url = url_for("account.confirm", next=sessions.page_of_request())
    if htmx_request.htmx:
        # The proof is too old: 401, as for no proof at all, so that what was typed is kept.
        return Response(status=401, headers={"HX-Redirect": url})
    return redirect(url, 303)
