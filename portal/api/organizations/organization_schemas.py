"""What `/organizations/me` takes and answers."""

from typing import Any

import marshmallow as ma
from marshmallow import fields

from portal.api.fields import Answer, Choice, Email, Line, Schema, Secret, about, moment
from portal.api.schemas import page_of
from portal.models.organizations import MarketplaceType
from portal.models.people import OrganizationRole
from portal.services.organizations import credentials
from portal.services.organizations import organizations as services

_MARKETPLACE_TYPES = [str(one) for one in MarketplaceType]
_ROLES = [str(role) for role in OrganizationRole]


class OrganizationSchema(Answer):
    """The own organization."""

    id = fields.String(metadata=about("Its id.", "ORG000001"))
    name = fields.String(metadata=about("What it is called.", "Acme"))
    marketplace_type = fields.String(
        allow_none=True,
        metadata={"enum": [*_MARKETPLACE_TYPES, None], **about("Where it sells; null: nowhere.")},
    )
    personal = fields.Boolean(metadata=about("Of somebody alone, until it is given a name."))
    role = fields.String(metadata={"enum": _ROLES, **about("What the caller may do in it.")})
    created_at = moment("Since when it is here.")


class OrganizationChangeSchema(Schema):
    """What it is to be called, and where it sells."""

    name = Line(max_length=services.MAX_NAME, needed=True, metadata=about("For owners.", "Acme"))
    marketplace_type = Choice(
        MarketplaceType,
        allow_none=True,
        metadata=about("For owners and administrators; null: nowhere.", "ozon"),
    )


class MemberSchema(Answer):
    """Somebody in the organization."""

    id = fields.String(metadata=about("The account's id.", "USR000002"))
    name = fields.String(metadata=about("What they are called.", "Bob Baker"))
    email = fields.String(metadata={"format": "email", **about("Address.", "bob@example.com")})
    role = fields.String(metadata={"enum": _ROLES, **about("What they may do in it.")})
    is_active = fields.Boolean(metadata=about("False: the account is shut."))


MemberPageSchema = page_of(MemberSchema)


class InviteSchema(Schema):
    """Whom to ask in, as what."""

    email = Email(required=True, metadata=about("", "new@example.com"))
    role = Choice(OrganizationRole, metadata=about("Default: user. None above one's own."))


class InvitationSchema(Answer):
    """An invitation; the mail has the link."""

    email = fields.String(metadata={"format": "email", **about("Who was asked.", "n@example.com")})
    role = fields.String(metadata={"enum": _ROLES, **about("As what.")})
    expires_at = moment("Until when it can be accepted.")


class RoleSchema(Schema):
    """What a member is to be."""

    role = Choice(OrganizationRole, required=True, metadata=about("None above one's own."))


def _secret(description: str, example: str, **options: Any) -> Secret:
    return Secret(
        max_length=credentials.MAX_SECRET_BYTES,
        check=credentials.stored_form,
        allow_none=True,
        metadata=about(description, example),
        **options,
    )


class CredentialChangeSchema(Schema):
    """A secret under a name, or secrets under their own names. None can be read again."""

    name = Line(max_length=credentials.MAX_NAME, needed=True, metadata=about("", "Ozon"))
    secret = _secret("What is to be kept, up to 16 KB; null: forget it.", "c2VjcmV0")
    wildberries_api_key = _secret("The same as a secret of that name.", "eyJhbGciOi")
    ozon_client_id = _secret("The same as a secret of that name.", "48151")
    ozon_api_key = _secret("The same as a secret of that name.", "d0c5e1f0")
    google_sheet_id = _secret("The same as a secret of that name.", "1BxiMVs0XRA5")
    google_credentials_json = _secret("The same as a secret of that name.", "{}")

    @ma.validates_schema(pass_original=True, skip_on_field_errors=False)
    def _both_or_named(self, _data: Any, sent: dict[str, Any], **_more: Any) -> None:
        if not sent.keys() - {"name", "secret"} or sent.keys() & {"name", "secret"}:
            for field in ("name", "secret"):
                if field not in sent:
                    raise ma.ValidationError("required", field)


class CredentialSchema(Answer):
    """What is kept, without the secret."""

    name = fields.String(metadata=about("What it is called.", "Ozon"))
    updated_at = moment("When it was last written.")
    updated_by = fields.String(metadata=about("By whom.", "Ann Archer"))


class CredentialsSchema(Answer):
    """All that is kept."""

    items = fields.List(fields.Nested(CredentialSchema))
    next = fields.String(allow_none=True, metadata=about("Always null."))
