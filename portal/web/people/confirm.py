"""Step-up on pages: asks for the fresh proof that `security.people.step_up` requires.

`@confirmed` on a view asks for the password (or a passkey) again when the session's last proof is
too old, before anything else is done; a service that needs it raises ProofNeeded. The form is not
sent again by itself: the person comes back to its page and presses the button once more.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import Response, flash, redirect, render_template, request, url_for
from htmx_flask import request as htmx_request
from werkzeug.wrappers import Response as AnyResponse

from portal.i18n import gettext as _
from portal.security.people import step_up
from portal.web import refused_forms
from portal.web.people import sessions
from portal.web.people.return_page import page_of_request

View = TypeVar("View", bound=Callable[..., Any])


def confirmed(view: View) -> View:
    """Let `view` run only soon after a proof. Under the route, behind a guard."""

    @wraps(view)
    def asked(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs) if is_fresh() else ask_for_proof()

    asked.is_confirmed = True  # type: ignore[attr-defined]
    return asked  # type: ignore[return-value]


def is_fresh() -> bool:
    """Whether the person gave a proof in this session recently."""
    return step_up.is_fresh(sessions.actor())


def ask_for_proof() -> AnyResponse:
    """Redirect to the page that asks, which leads back to the page of this request.

    What was typed is shown instead, with a way to that page, or it would be lost.
    """
    form = None if htmx_request.htmx else refused_forms.of_request(again=True)
    if request.method != "GET" and form is None:
        flash(_("Nothing was changed yet: confirm that it is you, then do it again."), "warning")
    url = url_for("account.confirm", next=page_of_request())
    if htmx_request.htmx:
        # The proof is too old: 401, as for no proof at all, so that what was typed is kept.
        return Response(status=401, headers={"HX-Redirect": url})
    if form is not None:
        return Response(render_template("errors/proof_needed.html", form=form, url=url), 403)
    return redirect(url, 303)
