"""`/account/organization`: name, members and their roles, leaving. The other parts show it, too."""

from typing import Any

from flask import flash, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.account import bp
from portal.account.forms import CredentialForm, InviteForm, NameForm, RoleForm
from portal.errors import Invalid
from portal.extensions import db
from portal.i18n import gettext as _
from portal.models.people import OrganizationRole, User
from portal.models.people.person import name_of
from portal.queries.organizations import invitations as invitation_queries
from portal.queries.organizations import organizations as queries
from portal.queries.paging import parse_id_cursor
from portal.security import permissions
from portal.services.organizations import organizations
from portal.web.change import change
from portal.web.fragments import see_other
from portal.web.organizations.domains import ROLE_CHOICES, DomainForm, domain_rows
from portal.web.organizations.usage import usage
from portal.web.people import sessions
from portal.web.people.confirm import confirmed
from portal.web.people.sessions import actor
from portal.web.templating.labels import ORGANIZATION_ROLE_LABELS


@bp.get("/organization")
def organization() -> str:
    """The page. Its forms depend on the reader's role."""
    return render_page()


@bp.post("/organization")
def rename_organization() -> Response | tuple[str, int]:
    form = NameForm()
    if not form.validate():
        return render_page(name_form=form), 422
    with change():
        organizations.rename(actor=actor(), name=form.name.data)
    flash(_("The organization's name is saved."), "success")
    return back_to_members()


@bp.post("/organization/members/<id:member_id>/role")
@confirmed
def set_member_role(member_id: int) -> Response:
    form = RoleForm()
    if not form.validate():
        raise Invalid(role="unknown")
    with change():
        role = OrganizationRole(form.role.data)
        organizations.set_member_role(actor=actor(), member_id=member_id, role=role)
        if member_id == actor().id:
            sessions.renew_session(db.session.get_one(User, member_id))
    flash(_("The role is changed."), "success")
    return back_to_members()


@bp.post("/organization/members/<id:member_id>/remove")
@confirmed
def remove_member(member_id: int) -> Response:
    with change():
        member = organizations.remove_member(actor=actor(), member_id=member_id)
        if member_id == actor().id:
            sessions.renew_session(member)
    flash(_("%(name)s is not a member any more.", name=member.name), "success")
    return back_to_members()


@bp.post("/organization/leave")
@confirmed
def leave_organization() -> Response:
    """Leave; this browser continues under a new session."""
    with change():
        sessions.renew_session(organizations.leave(actor=actor()))
    flash(_("You have left the organization."), "success")
    return back_to_members()


def back_to_members() -> Response:
    """Redirect to the page of the list of members from which the form was sent."""
    return see_other(url_for("account.organization", cursor=request.form.get("cursor") or None))


def render_page(
    *,
    name_form: NameForm | None = None,
    invite_form: InviteForm | None = None,
    credential_form: CredentialForm | None = None,
    domain_form: DomainForm | None = None,
) -> str:
    """The whole page, with the forms that were refused."""
    who = actor()
    own = queries.own(who)
    cursor = request.args.get("cursor")
    members = queries.members(who, parse_id_cursor(cursor))
    manages = permissions.can_manage_organization(who)
    return render_template(
        "account/organization.html",
        organization=own,
        members=[_member(row) for row in members.rows],
        cursor=cursor,
        first_url=url_for("account.organization") if cursor else None,
        next_url=url_for("account.organization", cursor=members.next) if members.next else None,
        roles=_grantable(),
        role_labels=ORGANIZATION_ROLE_LABELS,
        renames=permissions.can_rename_organization(who),
        manages=manages,
        uses=usage(own) if manages else [],
        offers=invitation_queries.list_acceptable(who) if manages else [],
        credentials=queries.credentials(who) if manages else [],
        name_form=name_form or NameForm(formdata=None, data={"name": own.name}),
        invite_form=invite_form or InviteForm(formdata=None),
        credential_form=credential_form or CredentialForm(formdata=None),
        domains=domain_rows(own.id, "account.set_domain_role", "account.remove_domain"),
        domain_roles=ROLE_CHOICES,
        domain_form=domain_form or DomainForm(formdata=None),
    )


def _member(row: Any) -> dict[str, Any]:
    return {
        **row._mapping,
        "name": name_of(row),
        "managed": row.id != actor().id and permissions.can_manage_member(actor(), row),
    }


def _grantable() -> list[tuple[str, Any]]:
    """(role, label) of the roles that the reader may give, lowest first."""
    pairs = reversed(ORGANIZATION_ROLE_LABELS.items())
    return [(role, label) for role, label in pairs if permissions.can_grant(actor(), role)]
