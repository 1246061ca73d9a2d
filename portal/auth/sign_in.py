"""`/auth/login`, `/auth/logout`."""

from flask import current_app, flash, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from portal.auth import bp
from portal.auth.forms import SignInForm
from portal.auth.sign_in_steps import SignIn
from portal.extensions import begin_write, db
from portal.i18n import gettext as _
from portal.models.people import User
from portal.queries.people import users
from portal.security.people import passkeys
from portal.services.people import account_log, accounts
from portal.web.fragments import see_other
from portal.web.people import sessions
from portal.web.people.return_page import safe_next
from portal.web.rate_limits import limits
from portal.web.rate_limits.limit_keys import by_account, by_browser


@bp.get("/login")
def login() -> str | Response:
    """The form; who is signed in is redirected."""
    wanted = safe_next(request.args.get("next", ""))
    if current_user.is_authenticated:
        return see_other(wanted)
    return _page(SignInForm(), wanted)


@bp.post("/login")
@limits.limited_by(limits.sign_in_limits(by_account, by_browser))
def sign_in() -> Response | tuple[str, int]:
    """One message and one duration for a wrong password, an unknown and a disabled account."""
    form = SignInForm()
    wanted = safe_next(request.form.get("next", "") or request.args.get("next", ""))
    rounds = current_app.config["BCRYPT_ROUNDS"]
    if form.validate():
        password = form.password.data
        user = users.by_typed_email(form.email.data)
        user_id = user.id if user is not None else None
        stored = user.password_hash if user is not None else None
        right = accounts.check_password(user, password, rounds=rounds)
        if right and user is not None and user_id is not None:
            renewed = accounts.rehash_if_outdated(user, password, rounds=rounds)
            begin_write()
            user = accounts.lock_if_unchanged(user_id, stored)
            if user is not None:
                sign_in_step = SignIn(user, remembered=form.remember.data, wanted=wanted)
                return sign_in_step.after_password(renewed)
        _note_failure(user_id)
        flash(_("That address and password do not go together."), "error")
    return _page(form, wanted), 422


def _page(form: SignInForm, wanted: str) -> str:
    return render_template(
        "auth/login.html", form=form, next=wanted, passkeys=passkeys.are_available()
    )


def _note_failure(user_id: int | None) -> None:
    """Record it, for an account or for none: the same statements for every address."""
    limits.count_wrong_password()
    begin_write()
    account_log.record_failed_sign_in(user_id, step="sign_in")
    db.session.commit()


@bp.post("/logout")
def logout() -> Response:
    """Delete this browser's session: the cookie alone is worthless then."""
    person = current_user.id if current_user.is_authenticated else None
    begin_write()
    # A second press of the button records nothing.
    if sessions.end() and person is not None:
        accounts.record_sign_out(db.session.get_one(User, person))
    db.session.commit()
    response = see_other(url_for("home"))
    # Also clears cached pages of the session (ASVS 14.3.1). "storage" stays: it has only the
    # switches for shortcuts and live updates on this device.
    response.headers["Clear-Site-Data"] = '"cache"'
    return response
