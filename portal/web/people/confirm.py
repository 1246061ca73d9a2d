"""How pages ask for the fresh proof that sensitive verbs need (`portal.security.people.step_up`).

`@confirmed` on a view asks for the password (or a passkey) again when the last proof of this
session is too old, before anything else is done; a verb that needs it asks by itself. What was sent
meanwhile is never sent again on its own: the person comes back to the page of the form and presses
the button once more.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import Response, flash, redirect, request, url_for
from htmx_flask import request as htmx_request
from werkzeug.wrappers import Response as AnyResponse

from portal.i18n import gettext as _
from portal.security.people import step_up
from portal.web.people import sessions

View = TypeVar("View", bound=Callable[..., Any])


def confirmed(view: View) -> View:
    """Let `view` run only soon after a proof of presence. Under the route, behind a guard."""

    @wraps(view)
    def asked(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs) if is_fresh() else ask()

    asked.is_confirmed = True  # type: ignore[attr-defined]
    return asked  # type: ignore[return-value]


def is_fresh() -> bool:
    """Whether the person proved to be there of late, in this session."""
    return step_up.is_fresh(sessions.actor())


def ask() -> AnyResponse:
    """Lead to the page that asks, and from there back to the page that the request came from."""
    if request.method != "GET":
        flash(_("Nothing was changed yet: confirm that it is you, then do it again."), "warning")
    url = url_for("account.confirm", next=sessions.page_of_request())
    if htmx_request.htmx:
        # The proof is too old: 401, as for no proof at all, so that what was typed is kept.
        return Response(status=401, headers={"HX-Redirect": url})
    return redirect(url, 303)
