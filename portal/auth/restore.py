"""`/auth/restore/<token>`: give an account its former address back.

Mail scanners fetch every link. So a GET changes nothing: the button does.
"""

from flask import flash, render_template, url_for
from werkzeug.wrappers import Response

from portal.auth import bp
from portal.extensions import begin_write, db
from portal.i18n import gettext as _
from portal.models.people import TokenPurpose
from portal.security.people import tokens
from portal.services.people import email_change
from portal.web.fragments import see_other
from portal.web.rate_limits import limits


@bp.get("/restore/<token>")
def restore(token: str) -> str:
    """The page of a valid link."""
    found = tokens.find(TokenPurpose.UNDO_EMAIL, token)
    return render_template("auth/restore.html", email=found.data["from"], token=token)


@bp.post("/restore/<token>")
@limits.limited_by(limits.link_limits())
def restore_email(token: str) -> Response:
    """Restore the address, sign everybody out, and mail a link for a new password there."""
    begin_write()
    user = email_change.restore(token)
    db.session.commit()
    flash(
        _(
            "Your account has the address %(email)s again, and everybody is signed out. A link to "
            "choose a new password is on its way there.",
            email=user.email,
        ),
        "success",
    )
    return see_other(url_for("auth.login"))
