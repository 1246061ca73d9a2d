"""`/auth/reset/<token>`: set a new password through a mailed link."""

from flask import current_app, flash, render_template, url_for
from werkzeug.wrappers import Response

from portal.auth import bp
from portal.auth.forms import ResetForm
from portal.extensions import begin_write, db
from portal.i18n import gettext as _
from portal.models.people import TokenPurpose, User
from portal.security.people import passwords, tokens
from portal.services.people import forgotten_password
from portal.web.fragments import see_other
from portal.web.rate_limits import limits


@bp.get("/reset/<token>")
def reset(token: str) -> str:
    """The form of a valid link."""
    return _page(ResetForm(_owner(token)), token)


@bp.post("/reset/<token>")
@limits.limited_by(limits.link_limits())
def set_password(token: str) -> Response | tuple[str, int]:
    """Set it, which ends all access. It does not sign in: the link is no second factor."""
    form = ResetForm(_owner(token))
    if not form.validate():
        return _page(form, token), 422
    hashed = passwords.hash_password(form.password.data, rounds=current_app.config["BCRYPT_ROUNDS"])
    begin_write()
    forgotten_password.reset(text=token, password_hash=hashed)
    db.session.commit()
    flash(
        _(
            "Your password is set, every device is signed out, and API keys are revoked. Sign in "
            "with it."
        ),
        "success",
    )
    return see_other(url_for("auth.login"))


def _owner(token: str) -> User:
    """The user of the link. Raises BadLink, before anything slow is done."""
    return db.session.get_one(User, tokens.find(TokenPurpose.RESET, token).user_id)


def _page(form: ResetForm, token: str) -> str:
    return render_template("auth/reset.html", form=form, token=token)
