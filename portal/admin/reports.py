"""`/admin/statistics/reports`: the statistics by mail, each week or month, to chosen people."""

from flask import flash, render_template, url_for
from werkzeug.wrappers import Response

from portal.admin import bp, statistics
from portal.errors import Invalid
from portal.extensions import db
from portal.i18n import gettext as _
from portal.models.people import User
from portal.models.people.person import name_of
from portal.queries.people import users
from portal.queries.statistics import asking
from portal.queries.statistics import report_subscriptions as queries
from portal.rhythm import Every
from portal.security import permissions
from portal.services.statistics import report_subscriptions as services
from portal.web.change import change
from portal.web.fragments import see_other
from portal.web.people.guards import permitted
from portal.web.people.sessions import actor
from portal.web.statistics import subscriptions


@bp.get("/statistics/reports")
@permitted(permissions.can_see_statistics)
def reports() -> str:
    """One's own; for admins everybody's."""
    rows = queries.visible(actor())
    found = subscriptions.present(
        [row.ReportSubscription for row in rows],
        lambda of: url_for(".end_report", subscription_id=of),
        [name_of(row) for row in rows],
    )
    return render_template("admin/statistics/reports.html", rows=found)


@bp.post("/statistics/reports")
@permitted(permissions.can_see_statistics)
def ask_report() -> Response | tuple[str, int]:
    """Of the tickets that the page's address names."""
    form = statistics.report_form()
    try:
        _period, narrowing = asking.wanted(statistics.asked(), actor())
    except Invalid:
        return statistics.page(form)
    if form.validate():
        with change(form):
            services.subscribe(
                actor=actor(),
                user=_person(form.person.data if form.person else ""),
                every=Every(form.every.data),
                narrowing=narrowing,
            )
    if form.errors:
        return statistics.page(form)
    flash(_("The report is mailed from now on."), "success")
    return see_other(url_for(".reports"))


@bp.post("/statistics/reports/<id:subscription_id>/end")
@permitted(permissions.can_see_statistics)
def end_report(subscription_id: int) -> Response:
    with change():
        services.end(actor=actor(), subscription_id=subscription_id)
    flash(_("This report is not mailed any more."), "success")
    return see_other(url_for(".reports"))


def _person(number: str) -> User:
    """Who is to get it; oneself if nobody is named."""
    of = users.parse_id(number) if number else actor().id
    found = db.session.get(User, of) if of else None
    if found is None:
        raise Invalid(person="unknown")
    return found
