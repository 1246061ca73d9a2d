"""`/auth/mails/<token>`: want no more of some mails, by the link in each, without signing in.

Mail scanners fetch every link. So a GET changes nothing: the button does, or a mail program's POST.
"""

from flask import flash, render_template, url_for
from werkzeug.wrappers import Response

from portal.auth import bp, one_click
from portal.extensions import begin_write, db
from portal.i18n import gettext as _
from portal.services.people import declined_mails
from portal.web.fragments import see_other
from portal.web.rate_limits import limits
from portal.web.templating.labels import MAIL_LABELS


@bp.get("/mails/<token>")
def mails(token: str) -> str:
    """The page of a link, which says what it is about and whether that is declined already."""
    user, name = declined_mails.of_link(token)
    return render_template(
        "auth/mails.html", label=MAIL_LABELS[name], declined=user.declines(name), token=token
    )


@one_click.takes_no_token
@bp.post("/mails/<token>")
@limits.limited_by(limits.link_limits())
def decline_mails(token: str) -> Response:
    begin_write()
    declined_mails.decline_by_link(token)
    db.session.commit()
    said = _("You are not mailed about this any more.")
    if one_click.is_one_click():
        return one_click.done(said)
    flash(said, "success")
    return see_other(url_for(".mails", token=token))
