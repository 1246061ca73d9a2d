"""`/account/security`: password, sessions, second factor. Each section is a fragment."""

from flask import current_app, flash, render_template, session, url_for
from werkzeug.wrappers import Response

from portal.account import bp
from portal.extensions import db
from portal.i18n import gettext as _
from portal.i18n import lazy_gettext
from portal.security.people import sessions as session_rows
from portal.security.people.passwords import hash_password
from portal.services.people import accounts, passwords
from portal.web.change import change
from portal.web.forms import ERROR_MESSAGES, Form
from portal.web.fragments import see_other
from portal.web.people import sessions
from portal.web.people.fields import CurrentPasswordField, NewPasswordField
from portal.web.people.sessions import actor, begin_change, own_user
from portal.web.rate_limits import counts, limits
from portal.web.rate_limits.limit_keys import by_session


class PasswordForm(Form):
    old_password = CurrentPasswordField(lazy_gettext("Current password"))
    password = NewPasswordField(lazy_gettext("New password"))

    def about(self) -> tuple[str, ...]:
        """Words that the account contains about its owner."""
        return passwords.personal_words(own_user())


@bp.get("/security")
def security() -> str:
    return render_page(PasswordForm())


@bp.post("/password")
@limits.limited_by(limits.proof_limits(by_session))
def change_password() -> Response | tuple[str, int]:
    """Change the password, which ends all other access; this browser gets a new session."""
    form = PasswordForm()
    if not form.validate():
        return render_page(form), 422
    proven = prove_by_password(form.old_password)
    if proven is None:
        return render_page(form), 422
    hashed = hash_password(form.password.data, rounds=current_app.config["BCRYPT_ROUNDS"])
    with change():
        user = own_user()
        passwords.change(user=user, proven_hash=proven, password_hash=hashed)
        sessions.start(user, remembered=session.permanent)
    flash(
        _("Your password is changed. All other devices are signed out, and API keys are revoked."),
        "success",
    )
    return see_other(url_for(".security"))


def prove_by_password(field: CurrentPasswordField) -> str | None:
    """Check the typed password. Returns the hash that it matches; None, and an error at the field.

    Commits: a success makes this session's proof fresh, a failure is recorded in the account log.
    Slow: call it before the write unit.
    """
    user = own_user()
    right = accounts.check_password(user, field.data, rounds=current_app.config["BCRYPT_ROUNDS"])
    if not right:
        counts.add(counts.Attempt.PROOF)
    begin_change()
    if right:
        session_rows.confirm(actor().session_token)
        db.session.commit()
        return user.password_hash
    field.errors = [str(ERROR_MESSAGES["wrong_password"])]
    accounts.record_failed_sign_in(own_user(), step="password")
    db.session.commit()
    return None


def render_page(password_form: PasswordForm) -> str:
    """The whole page, with the password form that was refused."""
    return render_template("account/security.html", password_form=password_form, user=own_user())
