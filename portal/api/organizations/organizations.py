"""`/organizations/me`: the own organization, its members, and the credentials that it keeps."""

from typing import Any

from flask import Response

from portal.api import bp
from portal.api.authentication import actor, by_caller, by_invitation
from portal.api.authorization import Audience, begin_change
from portal.api.organizations.organization_schemas import (
    CredentialChangeSchema,
    CredentialsSchema,
    InvitationSchema,
    InviteSchema,
    MemberPageSchema,
    MemberSchema,
    OrganizationChangeSchema,
    OrganizationSchema,
    RoleSchema,
)
from portal.api.responses import committed, empty_response, json_response, list_response
from portal.api.schemas import PageQuery
from portal.errors import Forbidden, LastOwner, NotConfigured, NotFound, PlanFull, or_not_found
from portal.extensions import db
from portal.models.organizations import MarketplaceType, Organization
from portal.models.people import Actor, OrganizationRole
from portal.models.people.person import name_of
from portal.models.people.user import format_id
from portal.queries.organizations import organizations as queries
from portal.queries.paging import AnyRow, parse_id_cursor
from portal.queries.people import users
from portal.services.organizations import credentials, invitations
from portal.services.organizations import organizations as services
from portal.services.products import connection
from portal.web.rate_limits import counts, limits, mail_rates

_OWN = "/organizations/me"


@bp.serve("GET", _OWN, to=Audience.SIGNED_IN, tag="organization", gives=OrganizationSchema)
def read_organization() -> Response:
    """The own organization."""
    return json_response(_json(queries.own(actor()), actor()))


@bp.serve(
    "PATCH",
    _OWN,
    to=Audience.SIGNED_IN,
    tag="organization",
    body=OrganizationChangeSchema,
    gives=OrganizationSchema,
    fails=[Forbidden],
)
def change_organization(*, body: dict[str, Any]) -> Response:
    """Give it another name, or say where it sells."""
    begin_change()
    if "name" in body:
        services.rename(actor=actor(), name=body["name"])
    if "marketplace_type" in body:
        chosen = body["marketplace_type"]
        connection.choose(actor=actor(), marketplace_type=chosen and MarketplaceType(chosen))
    return committed(json_response(_json(queries.own(actor()), actor())))


@bp.serve(
    "GET",
    f"{_OWN}/members",
    to=Audience.SIGNED_IN,
    tag="organization",
    gives=MemberPageSchema,
    query=PageQuery,
)
def list_members(*, query: dict[str, Any]) -> Response:
    """Everybody in it, those who came first before the others."""
    cursor = query.get("cursor")
    after = parse_id_cursor(cursor)
    page = queries.members(actor(), after, size=query["limit"])
    return list_response([_member_json(row) for row in page.rows], page.next)


@bp.serve(
    "POST",
    f"{_OWN}/members",
    to=Audience.SIGNED_IN,
    tag="organization",
    body=InviteSchema,
    gives=InvitationSchema,
    status=201,
    fails=[Forbidden, PlanFull],
    limits=limits.invitation_limits(by_caller, by_invitation),
    needs_proof=True,
)
def invite_member(*, body: dict[str, Any]) -> Response:
    """Ask somebody in, by mail. For owners and administrators of the organization."""
    counts.add(counts.Attempt.INVITE)
    wait = mail_rates.invitation_delay(body["email"])
    begin_change()
    role = OrganizationRole(body.get("role", OrganizationRole.USER))
    made = invitations.invite(actor=actor(), email=body["email"], role=role, wait=wait)
    answer = {"email": made.email, "role": made.role, "expires_at": made.expires_at}
    return committed(json_response(answer, 201))


@bp.serve(
    "PATCH",
    f"{_OWN}/members/<id>",
    to=Audience.SIGNED_IN,
    tag="organization",
    body=RoleSchema,
    gives=MemberSchema,
    fails=[Forbidden, NotFound, LastOwner],
    needs_proof=True,
)
def change_member(id: str, *, body: dict[str, Any]) -> Response:  # noqa: A002 - as in the address
    """Let a member do more, or less. They are signed out everywhere."""
    member_id = _member_id(id)
    begin_change()
    role = OrganizationRole(body["role"])
    services.set_member_role(actor=actor(), member_id=member_id, role=role)
    db.session.flush()
    return committed(json_response(_member_json(queries.member(actor(), member_id))))


@bp.serve(
    "DELETE",
    f"{_OWN}/members/<id>",
    to=Audience.SIGNED_IN,
    tag="organization",
    status=204,
    fails=[Forbidden, NotFound, LastOwner],
    needs_proof=True,
)
def remove_member(id: str) -> Response:  # noqa: A002
    """Put a member out; `me`: leave. Their tickets stay with the organization.

    They are signed out everywhere, and their API keys are revoked.
    """
    member_id = _member_id(id)
    begin_change()
    if member_id == actor().id:
        services.leave(actor=actor())
    else:
        services.remove_member(actor=actor(), member_id=member_id)
    return committed(empty_response())


@bp.serve(
    "PATCH",
    f"{_OWN}/credentials",
    to=Audience.SIGNED_IN,
    tag="organization",
    body=CredentialChangeSchema,
    gives=CredentialsSchema,
    fails=[Forbidden, NotFound, NotConfigured],
    needs_proof=True,
)
def change_credentials(*, body: dict[str, Any]) -> Response:
    """Keep a secret, or forget it. Answers the names of all that is kept, never a secret."""
    begin_change()
    named = {name: secret for name, secret in body.items() if name not in {"name", "secret"}}
    if "name" in body:
        named[body["name"]] = body["secret"]
    for name, secret in named.items():
        _put_credential(name, secret)
    db.session.flush()
    kept = [
        {"name": c.name, "updated_at": c.updated_at, "updated_by": c.updated_by}
        for c in queries.credentials(actor())
    ]
    return committed(list_response(kept))


def _put_credential(name: str, secret: str | None) -> None:
    if secret is not None:
        credentials.store(actor=actor(), name=name, secret=secret)
        return
    found = [c.id for c in queries.credentials(actor()) if c.name == name]
    if not found:
        raise NotFound
    credentials.delete(actor=actor(), credential_id=found[0])


def _member_id(word: str) -> int:
    return or_not_found(actor().id if word == "me" else users.parse_id(word))


def _json(organization: Organization, who: Actor) -> dict[str, Any]:
    return {
        "id": organization.number,
        "name": organization.name,
        "marketplace_type": organization.marketplace_type,
        "personal": organization.personal,
        "role": who.organization_role,
        "created_at": organization.created_at,
    }


def _member_json(row: AnyRow | Any) -> dict[str, Any]:
    return {
        "id": format_id(row.id),
        "name": name_of(row),
        "email": row.email,
        "role": row.organization_role,
        "is_active": row.is_active,
    }
