"""`/account/`: name, contact, language and time zone."""

from flask import flash, render_template, url_for
from werkzeug.wrappers import Response
from wtforms import StringField

from portal.account import bp
from portal.i18n import gettext as _
from portal.i18n import lazy_gettext
from portal.models.people import User
from portal.security.people.identifiers import INN_LENGTH, PHONE_LENGTH, USERNAME_LENGTH
from portal.services.people import profile as profile_services
from portal.web.change import change
from portal.web.forms import ChoiceField, Form, LineField, TextField
from portal.web.fragments import see_other
from portal.web.language import offered_languages, set_reader
from portal.web.people.sessions import actor, own_user
from portal.web.templating import timezones
from portal.web.templating.labels import (
    AFTER_SENDING_CHOICES,
    FIELD_LABELS,
    MAILS_AS_CHOICES,
)


class ProfileForm(Form):
    """The profile; `signature` and `after_sending` are for staff."""

    first_name = LineField(
        FIELD_LABELS["first_name"],
        max_length=profile_services.MAX_NAME,
        render_kw={"autocomplete": "given-name"},
    )
    last_name = LineField(
        FIELD_LABELS["last_name"],
        max_length=profile_services.MAX_NAME,
        render_kw={"autocomplete": "family-name"},
    )
    username = LineField(
        FIELD_LABELS["username"],
        max_length=USERNAME_LENGTH,
        description=lazy_gettext("3 to 40 of the letters a–z, digits, dot, hyphen, underscore."),
        render_kw={"autocomplete": "nickname", "autocapitalize": "none", "spellcheck": "false"},
    )
    phone = LineField(
        FIELD_LABELS["phone"],
        max_length=PHONE_LENGTH,
        description=lazy_gettext("With the country code, such as +7 for Russia."),
        render_kw={"type": "tel", "autocomplete": "tel"},
    )
    inn = LineField(
        FIELD_LABELS["inn"],
        max_length=INN_LENGTH,
        description=lazy_gettext("Russian taxpayer number, 10 or 12 digits."),
        render_kw={"inputmode": "numeric"},
    )
    locale = ChoiceField(FIELD_LABELS["locale"], pairs=())
    timezone = StringField(FIELD_LABELS["timezone"])
    signature = TextField(
        FIELD_LABELS["signature"],
        max_length=profile_services.MAX_SIGNATURE,
        description=lazy_gettext("Stands under each public answer that you send. Markdown works."),
    )
    after_sending = ChoiceField(FIELD_LABELS["after_sending"], pairs=AFTER_SENDING_CHOICES)
    mails_as = ChoiceField(FIELD_LABELS["mails_as"], pairs=MAILS_AS_CHOICES)

    @classmethod
    def of(cls, user: User) -> "ProfileForm":
        """The form with the values of `user`, or with those that were sent."""
        form = cls(obj=user)
        form.locale.pairs = offered_languages()
        if not user.actor.is_staff:
            del form.signature, form.after_sending
        return form


@bp.get("/")
def profile() -> str:
    return _page(ProfileForm.of(own_user()))


@bp.post("/")
def save_profile() -> Response | tuple[str, int]:
    """Save the profile; the answer is in the language that was chosen."""
    form = ProfileForm.of(own_user())
    if not form.validate():
        return _page(form), 422
    with change(form):
        user = own_user()
        profile_services.change(actor=actor(), user=user, values=form.data)
    if form.errors:
        return _page(form), 422
    set_reader(user.locale, user.timezone)
    flash(_("Your profile is saved."), "success")
    return see_other(url_for(".profile"))


def _page(form: ProfileForm) -> str:
    return render_template(
        "account/profile.html",
        form=form,
        user=own_user(),
        zones=timezones.grouped_choices(form.timezone.data or ""),
    )
