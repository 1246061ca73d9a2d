"""`/auth/register`: ask for an account, as the setting REGISTRATION allows."""

from flask import flash, render_template, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from portal.auth import bp
from portal.auth.forms import OpenAccountForm, SignUpForm
from portal.auth.newcomers import ask_for_link, open_at_once
from portal.auth.sign_in_steps import SignIn
from portal.i18n import gettext as _
from portal.services.people import registration
from portal.services.people.registration import Mode
from portal.web.fragments import see_other
from portal.web.rate_limits import counts, limits

# The typed address, for the page after the form.
_EMAIL_KEY = "registered"


@bp.get("/register")
def register() -> str | Response | tuple[str, int]:
    """The form; who is signed in is redirected."""
    if current_user.is_authenticated:
        return see_other(url_for("home"))
    return _page(_form())


@bp.post("/register")
@limits.limited_by(limits.attempt_limits(limits.REGISTER))
def sign_up() -> Response | tuple[str, int]:
    """Mail a link that proves the mailbox, or open the account at once."""
    form = _form()
    if registration.mode() is Mode.INVITED or not form.validate():
        return _page(form)
    counts.add(counts.Attempt.REGISTER)
    if isinstance(form, OpenAccountForm):
        return _open_account(form)
    ask_for_link(form)
    session[_EMAIL_KEY] = form.email.data
    return see_other(url_for(".registered"))


@bp.get("/register/sent")
def registered() -> str | Response:
    """What to do next; the same for every address."""
    if _EMAIL_KEY not in session:
        return see_other(url_for(".register"))
    return render_template("auth/registered.html", email=session[_EMAIL_KEY])


def _open_account(form: OpenAccountForm) -> Response | tuple[str, int]:
    user = open_at_once(form)
    if user is None:
        return _page(form)
    response = SignIn(user, remembered=False, wanted=url_for("home")).complete()
    flash(_("Your account is open. Welcome!"), "success")
    return response


def _form() -> SignUpForm:
    return OpenAccountForm() if registration.mode() is Mode.OPEN else SignUpForm()


def _page(form: SignUpForm) -> tuple[str, int]:
    if registration.mode() is Mode.INVITED:
        return render_template("auth/by_invitation.html"), 403
    return render_template("auth/register.html", form=form), 422 if form.errors else 200
