"""`/admin/`: what happened to tickets over time, and what needs a look. Each number is a list."""

from urllib.parse import urlencode

from flask import Response, current_app, render_template, request, url_for

from portal.admin import bp
from portal.admin.checklist import checklist
from portal.errors import Invalid, or_not_found
from portal.extensions import setting
from portal.i18n import gettext as _
from portal.models.people.user import format_id
from portal.queries.inbound.mail_glance import mail_glance
from portal.queries.people import users
from portal.queries.statistics import asking, departments, period, report
from portal.queries.statistics.narrowing import EVERYTHING
from portal.queries.statistics.period import Preset
from portal.queries.statistics.report import Report
from portal.queries.tickets import counts
from portal.queries.tickets.lists.ticket_filter import View
from portal.queueing import Enqueuer
from portal.security import permissions
from portal.web.forms import ERROR_MESSAGES
from portal.web.people.guards import permitted
from portal.web.people.sessions import actor
from portal.web.statistics import csv_file, figures, labels
from portal.web.statistics.figures import Figure
from portal.web.statistics.labels import PRESET_LABELS
from portal.web.statistics.shown import Shown
from portal.web.statistics.subscriptions import ReportForm
from portal.web.templating.labels import CHANNEL_LABELS

_ASKED = ("range", "from", "to", "department", "assignee", "channel", "organization")


@bp.get("/")
@permitted(permissions.can_see_statistics)
def index() -> tuple[str, int]:
    return page(report_form())


def page(form: ReportForm) -> tuple[str, int]:
    """The page, with the form that asks for it by mail."""
    args = asked()
    try:
        found, errors = report.find(*asking.wanted(args, actor())), {}
    except Invalid as problem:
        found = report.find(period.preset(Preset.MONTH, report.today()), EVERYTHING)
        errors = {name: str(ERROR_MESSAGES[str(code)]) for name, code in problem.details.items()}
    enqueuer: Enqueuer = current_app.extensions["lodge.enqueuer"]
    people: list[tuple[str, object]] = [(format_id(of), name) for of, name in users.assignees()]
    text = render_template(
        "admin/index.html",
        shown=Shown.of(found, urlencode({} if errors else args)),
        progress=found.progress,
        zone=current_app.config["DESK_TIMEZONE"],
        deleted_after=setting("TICKET_RETENTION"),
        args=args,
        errors=errors,
        presets=_presets(args, found),
        choices=_choices(people),
        form=form,
        steps=checklist(has_colleagues=len(people) > 1),
        looks=_looks(),
        mail=mail_glance(),
        sees_jobs=permissions.can_administer(actor()),
        workers=enqueuer.workers(),
    )
    return text, 422 if errors or form.errors else 200


def report_form() -> ReportForm:
    """Admins choose who gets it among those who may see it; all others are mailed themselves."""
    form = ReportForm()
    if permissions.can_administer(actor()):
        form.person.pairs = [(format_id(of), name) for of, name in users.readers_of_statistics()]
        form.person.data = form.person.data or format_id(actor().id)
    else:
        del form.person
    return form


@bp.get("/statistics/<name>.csv")
@permitted(permissions.can_see_statistics)
def statistics_file(name: str) -> Response:
    """A figure as a file for spreadsheets."""
    found = report.find(*asking.wanted(asked(), actor()))
    answer = Response(csv_file.written(_figure(found, name)), mimetype="text/csv")
    title = f"{name}-{found.period.first}-{found.period.last}.csv"
    answer.headers.set("Content-Disposition", "attachment", filename=title)
    return answer


@bp.get("/statistics/<name>")
@permitted(permissions.can_see_statistics)
def statistics_table(name: str) -> str:
    """A figure as a table, each number of which leads to its tickets."""
    args = asked()
    found = report.find(*asking.wanted(args, actor()))
    return render_template(
        "admin/statistics/table.html",
        figure=_figure(found, name),
        span=labels.span(found.period),
        query=urlencode(args),
    )


def _figure(found: Report, name: str) -> Figure:
    """Raises NotFound."""
    return or_not_found(next((f for f in figures.all_figures(found) if f.name == name), None))


def asked() -> dict[str, str]:
    """What the address asks for, as typed."""
    return {name: word for name in _ASKED if (word := request.args.get(name, "").strip()[:100])}


def _presets(args: dict[str, str], found: Report) -> list[dict[str, object]]:
    here = url_for(".index")
    kept = {name: word for name, word in args.items() if name not in {"range", "from", "to"}}
    return [
        {
            "label": PRESET_LABELS[preset],
            "url": f"{here}?{urlencode({'range': preset.value, **kept})}",
            "current": period.preset(preset, found.today) == found.period,
        }
        for preset in Preset
    ]


def _choices(people: list[tuple[str, object]]) -> dict[str, list[tuple[str, object]]]:
    return {
        "department": [*((name, name) for name in departments.names()), ("none", _("none"))],
        "assignee": [*people, ("none", _("nobody"))],
        "channel": list(CHANNEL_LABELS.items()),
    }


def _looks() -> list[dict[str, object]]:
    """What needs a look: numbers of now, each with its list."""
    now, queue = counts.needing_a_look(), url_for("tickets.queue")
    found = [
        (now.urgent, _("urgent and unsolved"), "view=unsolved&priority=urgent"),
        (now.unassigned, _("nobody's"), f"view={View.UNASSIGNED}"),
        (now.to_answer, _("to answer"), f"view={View.TO_ANSWER}"),
        (now.unsolved, _("unsolved in all"), f"view={View.UNSOLVED}"),
    ]
    return [
        {"count": number, "label": label, "url": f"{queue}?{query}"}
        for number, label, query in found
    ]
