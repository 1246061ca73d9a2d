"""`/admin/organizations` and `/admin/organizations/<ORG…>`: companies, their plans and access."""

from typing import Any

from flask import Response, flash, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.admin import bp
from portal.admin.filtered_list import filtered_list
from portal.errors import Invalid
from portal.i18n import gettext as _
from portal.i18n import pgettext
from portal.models.organizations import PlanName
from portal.models.organizations.organization import format_id
from portal.queries.organizations import customers as queries
from portal.queries.organizations import organizations as locks
from portal.queries.organizations import plans
from portal.queries.paging import AnyRow, parse_id_cursor
from portal.queries.tickets.lists.ticket_filter import TicketFilter
from portal.security import permissions
from portal.services.organizations import plans as plan_services
from portal.services.organizations import standing
from portal.services.organizations.organizations import MAX_NAME
from portal.web.change import change
from portal.web.forms import ERROR_MESSAGES
from portal.web.fragments import see_other
from portal.web.organizations.domains import ROLE_CHOICES, DomainForm, domain_rows
from portal.web.organizations.usage import usage
from portal.web.people.confirm import confirmed
from portal.web.people.customers import ways
from portal.web.people.guards import permitted
from portal.web.people.sessions import actor
from portal.web.templating.labels import PLAN_LABELS

_STATES = {"active": True, "shut": False}


@bp.get("/organizations")
@permitted(permissions.can_manage_people)
def organizations() -> Response:
    """Companies by name, plan and access, newest first."""
    known: dict[str, Any] = {
        name: request.args.get(name) or None for name in ("q", "plan", "state")
    }
    if known["state"] is not None and known["state"] not in _STATES:
        raise Invalid(state="unknown")
    cursor = request.args.get("cursor")
    page = queries.page(
        actor(),
        q=(known["q"] or "").strip()[:MAX_NAME],
        plan=_plan(known["plan"]) if known["plan"] else None,
        active=_STATES.get(known["state"] or ""),
        cursor=parse_id_cursor(cursor),
    )
    return filtered_list(
        "organizations",
        page,
        endpoint=".organizations",
        wanted=known,
        cursor=cursor,
        rows=[(row, format_id(row.id)) for row in page.rows],
        plans=tuple(PLAN_LABELS.items()),
        states=(("active", pgettext("account", "Active")), ("shut", _("Switched off"))),
    )


@bp.get("/organizations/<number>")
@permitted(permissions.can_manage_people)
def organization(number: str) -> str:
    """Its plan with what is in use, its access, and the ways to members and tickets."""
    return render_page(queries.find(actor(), number))


@bp.post("/organizations/<number>/plan")
@permitted(permissions.can_manage_people)
@confirmed
def set_plan(number: str) -> AnyResponse | tuple[str, int]:
    row, name = queries.find(actor(), number), _plan(request.form.get("plan", ""))
    try:
        with change():
            plan_services.set_plan(actor=actor(), organization=locks.lock(row.id), name=name)
    except Invalid as refused:
        return render_page(row, chosen=name, error=refused.details["plan"]), 422
    flash(_("%(name)s has the plan %(plan)s.", name=row.name, plan=PLAN_LABELS[name]), "success")
    return see_other(url_for(".organization", number=number))


@bp.post("/organizations/<number>/active")
@permitted(permissions.can_manage_people)
@confirmed
def set_organization_active(number: str) -> AnyResponse | tuple[str, int]:
    row, word = queries.find(actor(), number), request.form.get("active", "")
    if word not in {"0", "1"}:
        raise Invalid(active="unknown")
    try:
        with change():
            place = locks.lock(row.id)
            standing.set_active(actor=actor(), organization=place, active=word == "1")
    except Invalid as refused:
        return render_page(row, error=refused.details["active"]), 422
    if word == "1":
        flash(_("The members of %(name)s can sign in again.", name=row.name), "success")
    else:
        text = _("The members of %(name)s are signed out and cannot sign in.", name=row.name)
        flash(text, "success")
    return see_other(url_for(".organization", number=number))


def _plan(word: str) -> PlanName:
    try:
        return PlanName(word)
    except ValueError:
        raise Invalid(plan="unknown") from None


def render_page(
    row: AnyRow,
    *,
    chosen: str | None = None,
    error: object = None,
    domain_form: DomainForm | None = None,
) -> str:
    """The page, with the form that was refused."""
    place = locks.by_id(row.id)
    plan = plans.plan_of(row.id)
    return render_template(
        "admin/organization.html",
        organization=place,
        uses=usage(place),
        plans=[(each, PLAN_LABELS[each.name]) for each in plans.all_plans()],
        chosen=chosen or plan.name,
        error=ERROR_MESSAGES[str(error)] if error else None,
        domains=domain_rows(row.id, ".set_domain_role", ".remove_domain", number=place.number),
        domain_roles=ROLE_CHOICES,
        domain_form=domain_form or DomainForm(formdata=None),
        ways=ways(TicketFilter(organization=place.number)),
    )
