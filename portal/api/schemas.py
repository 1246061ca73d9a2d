"""Objects that several endpoints answer: what is listed here goes out, and nothing else."""

from typing import Any

from marshmallow import fields

from portal.api.fields import Answer, about, iso, moment
from portal.models import OrganizationRole, Role
from portal.models.organization import format_id as format_organization
from portal.models.user import format_id
from portal.queries.paging import AnyRow


class PersonSchema(Answer):
    """Somebody, as others see them."""

    id = fields.String(metadata=about("The person's id.", "USR000001"))
    name = fields.String(metadata=about("What they are called.", "Ann Archer"))


class OrganizationRefSchema(Answer):
    """The organization that something belongs to."""

    id = fields.String(metadata=about("The organization's id.", "ORG000001"))
    name = fields.String(metadata=about("What it is called.", "Acme"))


class UserSchema(Answer):
    """An account."""

    id = fields.String(metadata=about("The account's id.", "USR000001"))
    email = fields.String(metadata={"format": "email", **about("Address.", "ann@example.com")})
    username = fields.String(
        allow_none=True, metadata=about("A name to sign things with.", "ann.archer")
    )
    first_name = fields.String(metadata=about("May be empty.", "Ann"))
    last_name = fields.String(metadata=about("May be empty.", "Archer"))
    phone = fields.String(allow_none=True, metadata=about("In E.164.", "+12025550143"))
    inn = fields.String(allow_none=True, metadata=about("Russian taxpayer number.", "7707083893"))
    role = fields.String(
        metadata={"enum": [str(r) for r in Role], **about("What they may do on the desk.")}
    )
    organization = fields.Nested(OrganizationRefSchema)
    organization_role = fields.String(
        metadata={
            "enum": [str(r) for r in OrganizationRole],
            **about("What they may do in their organization."),
        }
    )
    is_active = fields.Boolean(metadata=about("False: the account can do nothing."))
    is_verified = fields.Boolean(metadata=about("Whether the address has been confirmed."))
    locale = fields.String(metadata=about("The language of pages and mails.", "en"))
    timezone = fields.String(metadata=about("The zone of the times shown.", "Europe/Berlin"))
    created_at = moment("When the account was opened.")


def user_json(row: AnyRow) -> dict[str, Any]:
    """A UserSchema of a row of `queries.users`."""
    return {
        "id": format_id(row.id),
        "email": row.email,
        "username": row.username,
        "first_name": row.first_name,
        "last_name": row.last_name,
        "phone": row.phone,
        "inn": row.inn,
        "role": row.role,
        "organization": organization_ref(row.organization_id, row.organization_name),
        "organization_role": row.organization_role,
        "is_active": row.is_active,
        "is_verified": row.is_verified,
        "locale": row.locale,
        "timezone": row.timezone,
        "created_at": iso(row.created_at),
    }


def organization_ref(organization_id: int, name: str) -> dict[str, str]:
    """An OrganizationRefSchema."""
    return {"id": format_organization(organization_id), "name": name}
