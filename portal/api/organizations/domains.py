"""`/organizations/me/domains`: mail domains whose new accounts join the own organization."""

from typing import Any

from flask import Response
from marshmallow import fields

from portal.api import bp
from portal.api.authentication import actor, by_caller, by_invitation
from portal.api.authorization import Audience, begin_change
from portal.api.fields import Answer, Choice, Email, Schema, about, moment
from portal.api.responses import committed, empty_response, json_response, list_response
from portal.errors import Forbidden, NotFound
from portal.extensions import db
from portal.models.organizations import OrganizationDomain
from portal.models.people import OrganizationRole
from portal.queries.organizations import domains as queries
from portal.security import permissions
from portal.services.organizations import domains as services
from portal.web.rate_limits import counts, limits, mail_rates

_OWN = "/organizations/me/domains"
_ROLES = [str(role) for role in services.ROLES]


class DomainSchema(Answer):
    """A mail domain whose new accounts join."""

    id = fields.Integer(metadata=about("Its id.", 3))
    domain = fields.String(metadata=about("What stands after the @.", "example.com"))
    role = fields.String(metadata={"enum": _ROLES, **about("What new members are.")})
    confirmed_at = moment("When the mailed link was pressed; null: not yet.", allow_none=True)


class DomainsSchema(Answer):
    """All of them."""

    items = fields.List(fields.Nested(DomainSchema))
    next = fields.String(allow_none=True, metadata=about("Always null."))


class DomainAskSchema(Schema):
    """Which domain, by the address that the link goes to."""

    email = Email(
        required=True,
        metadata=about(
            "postmaster, hostmaster, webmaster, admin or administrator at the domain.",
            "postmaster@example.com",
        ),
    )
    role = Choice(services.ROLES, metadata=about("Default: user."))


class DomainChangeSchema(Schema):
    """What new members are."""

    role = Choice(services.ROLES, required=True, metadata=about("Of those from now on."))


@bp.serve("GET", _OWN, to=Audience.SIGNED_IN, tag="organization", gives=DomainsSchema)
def list_domains() -> Response:
    """Domains whose new accounts join; to who manages the organization also unconfirmed ones."""
    who = actor()
    rows = queries.of_organization(who.organization_id)
    manages = permissions.can_manage_organization(who)
    return list_response([_json(row) for row in rows if manages or row.confirmed_at])


@bp.serve(
    "POST",
    _OWN,
    to=Audience.SIGNED_IN,
    tag="organization",
    body=DomainAskSchema,
    gives=DomainSchema,
    status=201,
    fails=[Forbidden],
    limits=limits.invitation_limits(by_caller, by_invitation),
    needs_proof=True,
)
def ask_for_domain(*, body: dict[str, Any]) -> Response:
    """Mail a link to the domain. Once it was pressed, new accounts with an address there join."""
    counts.add(counts.Attempt.INVITE)
    wait = mail_rates.invitation_delay(body["email"])
    begin_change()
    role = OrganizationRole(body.get("role", OrganizationRole.USER))
    row = services.ask(actor=actor(), email=body["email"], role=role, wait=wait)
    return committed(json_response(_json(row), 201))


@bp.serve(
    "PATCH",
    f"{_OWN}/<id:domain_id>",
    to=Audience.SIGNED_IN,
    tag="organization",
    body=DomainChangeSchema,
    gives=DomainSchema,
    fails=[Forbidden, NotFound],
    needs_proof=True,
)
def change_domain(domain_id: int, *, body: dict[str, Any]) -> Response:
    """Let those who join from now on be something else."""
    begin_change()
    role = OrganizationRole(body["role"])
    services.set_role(actor=actor(), domain_id=domain_id, role=role)
    db.session.flush()
    row = queries.find_own(actor().organization_id, domain_id)
    return committed(json_response(_json(row)))


@bp.serve(
    "DELETE",
    f"{_OWN}/<id:domain_id>",
    to=Audience.SIGNED_IN,
    tag="organization",
    status=204,
    fails=[Forbidden, NotFound],
)
def remove_domain(domain_id: int) -> Response:
    """Let nobody join by it any more. Who has joined stays."""
    begin_change()
    services.remove(actor=actor(), domain_id=domain_id)
    return committed(empty_response())


def _json(row: OrganizationDomain) -> dict[str, Any]:
    return {
        "id": row.id,
        "domain": row.domain,
        "role": row.role,
        "confirmed_at": row.confirmed_at,
    }
