"""Credentials on the organization's page: stored encrypted, never shown again."""

from flask import flash
from werkzeug.wrappers import Response

from portal.account import bp
from portal.account.forms import CredentialForm
from portal.account.organization.page import back_to_members, render_page
from portal.i18n import gettext as _
from portal.services.organizations import credentials
from portal.web.change import change
from portal.web.people.confirm import confirmed
from portal.web.people.sessions import actor


@bp.post("/organization/credentials")
@confirmed
def put_credential() -> Response | tuple[str, int]:
    form = CredentialForm()
    # Removed at once: the page that is rendered after an error must not contain it.
    secret, form.secret.data = form.secret.data or "", ""
    if not form.validate():
        return render_page(credential_form=form), 422
    with change(form):
        credentials.store(actor=actor(), name=form.name.data, secret=secret)
    if form.errors:
        return render_page(credential_form=form), 422
    flash(_("The credential %(name)s is stored.", name=form.name.data), "success")
    return back_to_members()


@bp.post("/organization/credentials/<id:credential_id>/delete")
@confirmed
def delete_credential(credential_id: int) -> Response:
    with change():
        name = credentials.delete(actor=actor(), credential_id=credential_id)
    flash(_("The credential %(name)s is forgotten.", name=name), "success")
    return back_to_members()
