"""Register."""

from flask import current_app, flash, render_template, url_for
from flask_login import current_user
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response

from portal import i18n
from portal.auth import bp
from portal.auth.forms import SignUpForm
from portal.extensions import begin_write, db
from portal.i18n import gettext as _
from portal.security import passwords
from portal.services import accounts
from portal.web import limits
from portal.web.fragments import see_other


@bp.get("/register")
def register() -> str | Response:
    """The form; who is signed in already has an account."""
    if current_user.is_authenticated:
        return see_other(url_for("home"))
    return render_template("auth/register.html", form=SignUpForm())


@bp.post("/register")
@limits.all_of(limits.registering(limits.by_account))
def sign_up() -> Response | tuple[str, int]:
    """The same answer for a new and for a taken address, after the same work."""
    form = SignUpForm()
    if not form.validate():
        return render_template("auth/register.html", form=form), 422
    hashed = passwords.hash_password(form.password.data, rounds=current_app.config["BCRYPT_ROUNDS"])
    begin_write()
    try:
        accounts.register(
            email=form.email.data,
            password_hash=hashed,
            first_name=form.first_name.data,
            last_name=form.last_name.data,
            company_name=form.company_name.data,
            locale=i18n.current_locale(),
        )
        db.session.commit()
    except IntegrityError:
        # The same address in a parallel request: that one made the account.
        db.session.rollback()
    flash(
        _(
            "You can sign in now, and a mail asks you to confirm the address. If it had an account "
            "before, its password still holds, and the mail says so."
        ),
        "success",
    )
    return see_other(url_for("auth.login"))
