"""Guards of blueprints: who is not signed in, or lacks the role, is turned away."""

from flask import (
    Response,
    abort,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_login import current_user
from htmx_flask import request as htmx_request
from werkzeug.wrappers import Response as AnyResponse

from portal.errors import Forbidden
from portal.extensions import login_manager
from portal.web import refused_forms
from portal.web.people.return_page import page_of_request


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
    """Raises Forbidden for staff; customers get a 404."""
    if (answer := guard_staff()) is not None:
        return answer
    if not current_user.is_admin:
        raise Forbidden
    return None


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
