"""`/admin/users/<USR…>/edit` and `/email`: what an account says of its owner, and its address."""

from flask import flash, render_template, url_for
from werkzeug.wrappers import Response

from portal.admin import bp
from portal.admin.people.user_forms import AddressForm, EditUserForm
from portal.admin.people.user_lookup import back, find
from portal.i18n import gettext as _
from portal.models.people import User
from portal.security import permissions
from portal.services.people import email_change, profile
from portal.web.change import change
from portal.web.fragments import see_other
from portal.web.people.confirm import confirmed
from portal.web.people.guards import permitted
from portal.web.people.sessions import actor
from portal.web.rate_limits import mail_rates
from portal.web.templating import timezones


@bp.get("/users/<user:user_id>/edit")
@permitted(permissions.can_manage_people)
def edit_user(user_id: int) -> str:
    person = find(user_id)
    return _page(person, EditUserForm(formdata=None, obj=person))


@bp.post("/users/<user:user_id>/edit")
@permitted(permissions.can_manage_people)
def save_user(user_id: int) -> Response | tuple[str, int]:
    person = find(user_id)
    form = EditUserForm()
    if form.validate():
        with change(form):
            person = find(user_id)
            changed = profile.change(actor=actor(), user=person, values=form.data)
    if form.errors:
        return _page(person, form), 422
    text = _("The details of %(name)s are saved.", name=person.name)
    flash(text if changed else _("Nothing has changed."), "success")
    return see_other(url_for(".user", user_id=user_id))


@bp.get("/users/<user:user_id>/email")
@permitted(permissions.can_manage_people)
@confirmed
def user_email(user_id: int) -> str:
    return _email_page(find(user_id), AddressForm(formdata=None))


@bp.post("/users/<user:user_id>/email")
@permitted(permissions.can_manage_people)
@confirmed
def change_user_email(user_id: int) -> Response | tuple[str, int]:
    """Mail a link to the new address; that of an account that nobody has used changes at once."""
    person = find(user_id)
    form = AddressForm()
    if not form.validate():
        return _email_page(person, form), 422
    wait = mail_rates.email_change_delay(form.email.data)
    with change(form):
        person = find(user_id)
        at_once = person.is_untouched
        if at_once:
            email_change.correct(actor=actor(), user=person, email=form.email.data)
        else:
            email_change.ask(actor=actor(), user=person, email=form.email.data, wait=wait)
    if form.errors:
        return _email_page(person, form), 422
    if at_once:
        text = _("%(name)s has the address %(email)s now.", name=person.name, email=person.email)
    else:
        text = _(
            "A link is on its way to %(email)s. The account moves there when %(name)s uses it, "
            "within one hour.",
            name=person.name,
            email=form.email.data,
        )
    flash(text, "success")
    return back(person)


def _page(person: User, form: EditUserForm) -> str:
    zones = timezones.grouped_choices(form.timezone.data or "")
    return render_template("admin/people/edit_user.html", person=person, form=form, zones=zones)


def _email_page(person: User, form: AddressForm) -> str:
    return render_template("admin/people/user_email.html", person=person, form=form)
