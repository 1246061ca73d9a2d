"""Mail domains on the organization's page: ask for one, change its role, remove it."""

from flask import flash, request, url_for
from werkzeug.wrappers import Response

from portal.account import bp
from portal.account.organization.page import render_page
from portal.errors import Invalid
from portal.i18n import gettext as _
from portal.models.people import OrganizationRole
from portal.services.organizations import domains
from portal.web.change import change
from portal.web.fragments import see_other
from portal.web.organizations.domains import DomainForm, DomainRoleForm
from portal.web.people.confirm import confirmed
from portal.web.people.sessions import actor
from portal.web.rate_limits import counts, limits, mail_rates
from portal.web.rate_limits.limit_keys import by_actor, invitation_key


def _by_asked() -> str:
    return invitation_key(actor().organization_id, request.form.get("email"))


@bp.post("/organization/domains")
@limits.limited_by(limits.invitation_limits(by_actor, _by_asked))
@confirmed
def ask_for_domain() -> Response | tuple[str, int]:
    """Mail a link to the domain. The answer is the same whether another organization has it."""
    form = DomainForm()
    if not form.validate():
        return render_page(domain_form=form), 422
    counts.add(counts.Attempt.INVITE)
    email, role = form.email.data, OrganizationRole(form.role.data)
    wait = mail_rates.invitation_delay(email)
    with change(form):
        domains.ask(actor=actor(), email=email, role=role, wait=wait)
    if form.errors:
        return render_page(domain_form=form), 422
    flash(_("The link is on its way to %(email)s. It works for a week.", email=email), "success")
    return _back()


@bp.post("/organization/domains/<id:domain_id>/role")
@confirmed
def set_domain_role(domain_id: int) -> Response:
    form = DomainRoleForm()
    if not form.validate():
        raise Invalid(role="unknown")
    role = OrganizationRole(form.role.data)
    with change():
        domains.set_role(actor=actor(), domain_id=domain_id, role=role)
    flash(_("The role is changed."), "success")
    return _back()


@bp.post("/organization/domains/<id:domain_id>/remove")
def remove_domain(domain_id: int) -> Response:
    with change():
        name = domains.remove(actor=actor(), domain_id=domain_id)
    flash(_("New accounts of %(domain)s do not join any more.", domain=name), "success")
    return _back()


def _back() -> Response:
    return see_other(url_for("account.organization", _anchor="domains"))
