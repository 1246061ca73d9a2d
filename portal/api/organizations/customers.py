"""`/organizations`: whom the desk serves, for staff."""

from typing import Any

from flask import Response
from marshmallow import fields

from portal.api import bp
from portal.api.authentication import actor
from portal.api.authorization import Audience
from portal.api.fields import Answer, Line, about, moment
from portal.api.responses import list_response
from portal.api.schemas import PageQuery, page_of
from portal.models.organizations import PlanName
from portal.models.organizations.organization import format_id
from portal.queries.organizations import organizations as queries
from portal.queries.paging import parse_id_cursor
from portal.services.organizations.organizations import MAX_NAME


class CustomerSchema(Answer):
    """An organization that the desk serves."""

    id = fields.String(metadata=about("Its id.", "ORG000001"))
    name = fields.String(metadata=about("What it is called.", "Acme"))
    personal = fields.Boolean(metadata=about("Of somebody alone, until it is given a name."))
    plan = fields.String(
        metadata={"enum": [str(name) for name in PlanName], **about("How much it may have.")}
    )
    is_active = fields.Boolean(metadata=about("False: its members cannot sign in."))
    created_at = moment("Since when it is here.")


CustomerPageSchema = page_of(CustomerSchema)


class OrganizationQuery(PageQuery):
    """Which organizations."""

    q = Line(max_length=MAX_NAME, metadata=about("The beginning of a name.", "acm"))


@bp.serve(
    "GET",
    "/organizations",
    to=Audience.STAFF,
    tag="organizations",
    query=OrganizationQuery,
    gives=CustomerPageSchema,
)
def list_organizations(*, query: dict[str, Any]) -> Response:
    """All organizations, newest first."""
    page = queries.page(
        actor(),
        q=query.get("q", ""),
        cursor=parse_id_cursor(query.get("cursor")),
        size=query["limit"],
    )
    items = [
        {
            "id": format_id(row.id),
            "name": row.name,
            "personal": row.personal,
            "plan": row.plan,
            "is_active": row.is_active,
            "created_at": row.created_at,
        }
        for row in page.rows
    ]
    return list_response(items, page.next)
