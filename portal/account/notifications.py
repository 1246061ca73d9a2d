"""`/account/notifications`: of what one is told by mail, on pages, or not; statistics by mail."""

from flask import flash, render_template, url_for
from werkzeug.wrappers import Response

from portal.account import bp
from portal.i18n import gettext as _
from portal.i18n import lazy_gettext
from portal.models.people import User, declinable, declinable_on_pages
from portal.queries.statistics import report_subscriptions as queries
from portal.rhythm import Every
from portal.security import permissions
from portal.services.people import profile as profile_services
from portal.services.statistics import report_subscriptions as report_services
from portal.web.change import change
from portal.web.forms import CheckboxesField, Form
from portal.web.fragments import see_other
from portal.web.people.sessions import actor, own_user
from portal.web.statistics import subscriptions
from portal.web.statistics.subscriptions import ReportForm
from portal.web.templating.labels import MAIL_LABELS


class NotificationsForm(Form):
    """What is wanted by each way. The service stores what is *not* wanted."""

    mail = CheckboxesField(lazy_gettext("By mail"))
    page = CheckboxesField(lazy_gettext("On pages"))

    @classmethod
    def of(cls, user: User) -> "NotificationsForm":
        """The form with the values of `user`, or with those that were sent."""
        mails, pages = declinable(user.role), declinable_on_pages(user.role)
        form = cls(
            data={
                "mail": [name for name in mails if name not in user.muted],
                "page": [name for name in pages if name not in user.muted_on_pages],
            }
        )
        form.mail.choices = [(name, MAIL_LABELS[name]) for name in mails]
        form.page.choices = [(name, MAIL_LABELS[name]) for name in pages]
        return form

    def values(self) -> dict[str, list[str]]:
        return {"muted": _unchosen(self.mail), "muted_on_pages": _unchosen(self.page)}


@bp.get("/notifications")
def notifications() -> str:
    return _page(NotificationsForm.of(own_user()))


@bp.post("/notifications/reports")
def ask_report() -> Response | tuple[str, int]:
    """The statistics of all tickets by mail; the page of statistics narrows them."""
    form = ReportForm()
    del form.person
    if form.validate():
        with change(form):
            every = Every(form.every.data)
            report_services.subscribe(actor=actor(), user=own_user(), every=every)
    if form.errors:
        return _page(NotificationsForm.of(own_user()), form), 422
    flash(_("The report is mailed from now on."), "success")
    return see_other(url_for(".notifications"))


@bp.post("/notifications/reports/<id:subscription_id>/end")
def end_report(subscription_id: int) -> Response:
    with change():
        report_services.end(actor=actor(), subscription_id=subscription_id)
    flash(_("This report is not mailed any more."), "success")
    return see_other(url_for(".notifications"))


@bp.post("/notifications")
def save_notifications() -> Response | tuple[str, int]:
    form = NotificationsForm.of(own_user())
    if not form.validate():
        return _page(form), 422
    with change(form):
        profile_services.change(actor=actor(), user=own_user(), values=form.values())
    flash(_("Your choice is saved."), "success")
    return see_other(url_for(".notifications"))


def _unchosen(field: CheckboxesField) -> list[str]:
    return [name for name, _label in field.choices if name not in field.data]


def _page(form: NotificationsForm, report_form: ReportForm | None = None) -> str:
    reports = subscriptions.present(
        queries.of_person(actor().id), lambda of: url_for(".end_report", subscription_id=of)
    )
    return render_template(
        "account/notifications.html",
        form=form,
        reports=reports,
        report_form=report_form or ReportForm(formdata=None),
        sees_statistics=permissions.can_see_statistics(actor()),
    )
