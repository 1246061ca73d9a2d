"""`/auth/forgot`: ask for a link to set a new password."""

from flask import flash, render_template, url_for
from werkzeug.wrappers import Response

from portal.auth import bp
from portal.auth.forms import ForgotForm
from portal.extensions import begin_write, db
from portal.i18n import gettext as _
from portal.services.people import forgotten_password
from portal.web.fragments import see_other
from portal.web.rate_limits import counts, limits, mail_rates


@bp.get("/forgot")
def forgot() -> str:
    return render_template("auth/forgot.html", form=ForgotForm())


@bp.post("/forgot")
@limits.limited_by(limits.attempt_limits(limits.FORGOT))
def ask_for_reset() -> Response | tuple[str, int]:
    """The answer and its duration are the same whether or not there is such an account."""
    form = ForgotForm()
    if not form.validate():
        return render_template("auth/forgot.html", form=form), 422
    counts.add(counts.Attempt.FORGOT)
    is_owed = mail_rates.may_mail_reset(form.email.data)
    begin_write()
    if is_owed:
        forgotten_password.ask(form.email.data)
    db.session.commit()
    flash(
        _(
            "If there is an account with that address, a link is on its way to it, unless one has "
            "just been sent. It works for one hour."
        ),
        "success",
    )
    return see_other(url_for("auth.login"))
