"""Add, rename and remove passkeys, on `/account/security`."""

from typing import Any

from flask import flash, request, url_for
from werkzeug.wrappers import Response

from portal.account import bp
from portal.account.second_factor import finish_setup, new_codes_if_none
from portal.errors import Invalid
from portal.i18n import gettext as _
from portal.i18n import lazy_gettext
from portal.queries.people import second_factors
from portal.security.people import passkeys as ceremonies
from portal.services.people import passkeys
from portal.web.change import change
from portal.web.forms import ERROR_MESSAGES, Form, LineField
from portal.web.fragments import see_other
from portal.web.people.confirm import confirmed
from portal.web.people.passkeys import new_challenge, take_challenge
from portal.web.people.sessions import actor, begin_change, own_user


class NameForm(Form):
    name = LineField(lazy_gettext("Name"), max_length=passkeys.MAX_NAME, needed=True)


@bp.post("/security/passkeys/options")
@confirmed
def passkey_options() -> dict[str, Any]:
    """Options for `navigator.credentials.create`."""
    known = second_factors.passkeys_of(actor().id)
    return ceremonies.registration_options(own_user(), known, new_challenge())


@bp.post("/security/passkeys")
@confirmed
def add_passkey() -> Response:
    """Store the passkey that the browser has created."""
    form = NameForm()
    try:
        if not form.validate():
            raise Invalid(passkey="required")
        made = ceremonies.read_registration(request.form.get("credential", ""), take_challenge())
        codes = new_codes_if_none()
        begin_change()
        passkeys.add(actor=actor(), user=own_user(), made=made, name=form.name.data)
    except Invalid as problem:
        flash(str(ERROR_MESSAGES[str(problem.details["passkey"])]), "error")
        return _back()
    return finish_setup(codes, _("The passkey was added."))


@bp.post("/security/passkeys/<id:passkey_id>")
def rename_passkey(passkey_id: int) -> Response:
    form = NameForm()
    if not form.validate():
        flash(" ".join(map(str, form.name.errors)), "error")
        return _back()
    with change():
        passkeys.rename(actor=actor(), passkey_id=passkey_id, name=form.name.data)
    flash(_("The passkey has its new name."), "success")
    return _back()


@bp.post("/security/passkeys/<id:passkey_id>/remove")
@confirmed
def remove_passkey(passkey_id: int) -> Response:
    with change():
        passkeys.remove(actor=actor(), user=own_user(), passkey_id=passkey_id)
    flash(_("The passkey was removed. You can delete it from your device, too."), "success")
    return _back()


def _back() -> Response:
    return see_other(url_for("account.security"))
