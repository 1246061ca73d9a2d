"""`/account/notifications`: of what one is told by mail, on pages, both, or not at all."""

from flask import flash, render_template, url_for
from werkzeug.wrappers import Response

from portal.account import bp
from portal.i18n import gettext as _
from portal.i18n import lazy_gettext
from portal.models.people import User, declinable, declinable_on_pages
from portal.services.people import profile as profile_services
from portal.web.change import change
from portal.web.forms import CheckboxesField, Form
from portal.web.fragments import see_other
from portal.web.people.sessions import actor, own_user
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


def _page(form: NotificationsForm) -> str:
    return render_template("account/notifications.html", form=form)
