"""Invitations on the organization's page: send and revoke."""

from flask import flash, request
from werkzeug.wrappers import Response

from portal.account import bp
from portal.account.forms import InviteForm
from portal.account.organization.page import back_to_members, render_page
from portal.i18n import gettext as _
from portal.models.people import OrganizationRole
from portal.services.organizations import invitations
from portal.web.change import change
from portal.web.people.confirm import confirmed
from portal.web.people.sessions import actor
from portal.web.rate_limits import counts, limits, mail_rates
from portal.web.rate_limits.limit_keys import by_actor, invitation_key


def _by_invited() -> str:
    return invitation_key(actor().organization_id, request.form.get("email"))


@bp.post("/organization/invitations")
@limits.limited_by(limits.invitation_limits(by_actor, _by_invited))
@confirmed
def invite() -> Response | tuple[str, int]:
    """Mail a link. The answer is the same whether or not the address has an account."""
    form = InviteForm()
    if not form.validate():
        return render_page(invite_form=form), 422
    counts.add(counts.Attempt.INVITE)
    wait = mail_rates.invitation_delay(form.email.data)
    with change(form):
        role = OrganizationRole(form.role.data)
        invitations.invite(actor=actor(), email=form.email.data, role=role, wait=wait)
    if form.errors:
        return render_page(invite_form=form), 422
    flash(_("The invitation to %(email)s is on its way.", email=form.email.data), "success")
    return back_to_members()


@bp.post("/organization/invitations/<id:invitation_id>/revoke")
def revoke_invitation(invitation_id: int) -> Response:
    with change():
        revoked = invitations.revoke(actor=actor(), invitation_id=invitation_id)
    if revoked:
        flash(_("The invitation is taken back: its link does not work any more."), "success")
    else:
        flash(_("The invitation was not open any more."), "warning")
    return back_to_members()
