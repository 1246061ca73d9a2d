"""`/auth/reports/<token>`: stop the statistics by mail, by the link in each, without signing in.

Mail scanners fetch every link. So a GET changes nothing: the button does, or a mail program's POST.
"""

from flask import flash, render_template, url_for
from werkzeug.wrappers import Response

from portal.auth import bp, one_click
from portal.extensions import begin_write, db
from portal.i18n import gettext as _
from portal.services.statistics import report_subscriptions
from portal.web.fragments import see_other
from portal.web.rate_limits import limits
from portal.web.templating.labels import EVERY_LABELS


@bp.get("/reports/<token>")
def report(token: str) -> str:
    """The page of a link whose report still comes."""
    every = report_subscriptions.of_link(token).every
    return render_template("auth/report.html", every=EVERY_LABELS[every], token=token)


@one_click.takes_no_token
@bp.post("/reports/<token>")
@limits.limited_by(limits.link_limits())
def end_report(token: str) -> Response:
    begin_write()
    report_subscriptions.end_by_link(token)
    db.session.commit()
    said = _("This report is not mailed any more.")
    if one_click.is_one_click():
        return one_click.done(said)
    flash(said, "success")
    return see_other(url_for("auth.login"))
