"""`/admin/organizations/<ORG…>/domains`: mail domains whose new accounts join an organization."""

from flask import flash, url_for
from werkzeug.wrappers import Response

from portal.admin import bp
from portal.admin.organizations.overview import render_page
from portal.errors import Invalid
from portal.i18n import gettext as _
from portal.models.people import OrganizationRole
from portal.queries.organizations import customers as queries
from portal.queries.organizations import organizations as locks
from portal.security import permissions
from portal.services.organizations import domains
from portal.web.change import change
from portal.web.fragments import see_other
from portal.web.organizations.domains import DomainForm, DomainRoleForm
from portal.web.people.confirm import confirmed
from portal.web.people.guards import permitted
from portal.web.people.sessions import actor
from portal.web.rate_limits import mail_rates

_ours = permitted(permissions.can_manage_people)


@bp.post("/organizations/<number>/domains")
@_ours
@confirmed
def ask_for_domain(number: str) -> Response | tuple[str, int]:
    """Mail a link to any address of the domain."""
    row, form = queries.find(actor(), number), DomainForm()
    if not form.validate():
        return render_page(row, domain_form=form), 422
    email, role = form.email.data, OrganizationRole(form.role.data)
    wait = mail_rates.invitation_delay(email)
    with change(form):
        place = locks.lock(row.id)
        domains.ask(actor=actor(), organization=place, email=email, role=role, wait=wait)
    if form.errors:
        return render_page(row, domain_form=form), 422
    flash(_("The link is on its way to %(email)s. It works for a week.", email=email), "success")
    return _back(number)


@bp.post("/organizations/<number>/domains/<id:domain_id>/role")
@_ours
@confirmed
def set_domain_role(number: str, domain_id: int) -> Response:
    row, form = queries.find(actor(), number), DomainRoleForm()
    if not form.validate():
        raise Invalid(role="unknown")
    role = OrganizationRole(form.role.data)
    with change():
        place = locks.lock(row.id)
        domains.set_role(actor=actor(), organization=place, domain_id=domain_id, role=role)
    flash(_("The role is changed."), "success")
    return _back(number)


@bp.post("/organizations/<number>/domains/<id:domain_id>/remove")
@_ours
def remove_domain(number: str, domain_id: int) -> Response:
    row = queries.find(actor(), number)
    with change():
        place = locks.lock(row.id)
        name = domains.remove(actor=actor(), organization=place, domain_id=domain_id)
    flash(_("New accounts of %(domain)s do not join any more.", domain=name), "success")
    return _back(number)


def _back(number: str) -> Response:
    return see_other(url_for(".organization", number=number, _anchor="domains"))
