"""`/auth/email/<token>`: the link that moves an account to another address.

Programs that look through mail fetch every link in it. So fetching does nothing: a button does.
"""

from flask import flash, render_template, url_for
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response

from portal.auth import bp
from portal.errors import BadLink
from portal.extensions import begin_write, db
from portal.i18n import gettext as _
from portal.models import TokenPurpose
from portal.security import tokens
from portal.services import email_change
from portal.web.fragments import see_other


@bp.get("/email/<token>")
def new_email(token: str) -> str:
    """The button, for a link that still works."""
    found = tokens.find(TokenPurpose.CHANGE_EMAIL, token)
    return render_template("auth/email.html", email=found.data["email"], token=token)


@bp.post("/email/<token>")
def confirm_new_email(token: str) -> Response:
    """Move the account."""
    begin_write()
    try:
        email_change.confirm(token)
        db.session.commit()
    except IntegrityError:
        # Somebody registered with the address at this very moment.
        db.session.rollback()
        raise BadLink from None
    flash(_("Your account has this address now. Sign in with it from now on."), "success")
    return see_other(url_for("home"))
