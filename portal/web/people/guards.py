"""Guards of blueprints: who is not signed in, or lacks the role or right, is turned away."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import (
    Response,
    abort,
    current_app,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_login import current_user
from htmx_flask import request as htmx_request
from werkzeug.wrappers import Response as AnyResponse

from portal.extensions import login_manager
from portal.models.people import Actor
from portal.security import permissions
from portal.web import refused_forms
from portal.web.people.return_page import page_of_request

View = TypeVar("View", bound=Callable[..., Any])
Permission = Callable[[Actor], bool]


def guard_signed_in() -> AnyResponse | None:
    """A `before_request` of blueprints: strangers are led to the sign-in page."""
    if current_user.is_authenticated:
        return None
    answer: AnyResponse = login_manager.unauthorized()
    return answer


def guard_staff() -> AnyResponse | None:
    """For pages that customers need not know of: they get a 404."""
    return guard_signed_in() or (None if current_user.is_staff else abort(404))


def guard_admin() -> AnyResponse | None:
    """Raises Forbidden for staff without the view's `permission`; customers get a 404."""
    if (answer := guard_staff()) is not None:
        return answer
    permissions.require(permission_of(request.endpoint or "")(current_user))
    return None


def permitted(permission: Permission) -> Callable[[View], View]:
    """Open a view of the administration to those of the staff whom `permission` allows.

    All others are for admins alone.
    """

    def mark(view: View) -> View:
        view.permission = permission  # type: ignore[attr-defined]
        return view

    return mark


def permission_of(endpoint: str) -> Permission:
    """Who may open that view of the administration."""
    view = current_app.view_functions.get(endpoint)
    found: Permission = getattr(view, "permission", permissions.can_administer)
    return found


def ask_to_sign_in() -> AnyResponse:
    """Redirect to the sign-in page and back; for a fragment, redirect the whole page."""
    url = url_for("auth.login", next=page_of_request())
    if "text/event-stream" in request.accept_mimetypes.values():
        return Response(status=204)  # a browser neither shows it nor asks again
    if htmx_request.htmx:
        # A redirect would be followed inside the fragment: the sign-in form within the table.
        return Response(status=401, headers={"HX-Redirect": url})
    # Who signs in next in this browser may be somebody else: the text is for copying alone.
    if "_user_id" in session and (form := refused_forms.of_request()):
        return Response(render_template("errors/session_ended.html", form=form, url=url), 401)
    return redirect(url, 303)
