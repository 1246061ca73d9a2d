"""`/admin/users`, `/admin/staff`."""

from datetime import datetime
from typing import Any

from flask import Response
from marshmallow import fields

from portal import clock
from portal.api import bp
from portal.api.authorization import Audience
from portal.api.fields import Answer, about, moment
from portal.api.people.users import UserQuery, user_page
from portal.api.responses import list_response
from portal.api.schemas import UserPageSchema
from portal.models.people import Right, Role
from portal.models.people.person import person_json
from portal.models.tickets import DONE, TicketStatus
from portal.queries.tickets import workload
from portal.queries.tickets.workload import StaffMember

_UNSOLVED = [str(status) for status in TicketStatus if status not in DONE]


class StaffSchema(Answer):
    """Somebody who serves, and what is on their table."""

    id = fields.String(metadata=about("The account's id.", "USR000004"))
    name = fields.String(metadata=about("What they are called.", "Sam Smith"))
    email = fields.String(metadata={"format": "email", **about("Address.", "sam@example.com")})
    role = fields.String(metadata={"enum": [Role.STAFF, Role.ADMIN], **about("Staff or admin.")})
    is_active = fields.Boolean(metadata=about("Whether tickets can be given to them."))
    away_until = moment("Until when nobody gives them tickets; null: not away.", allow_none=True)
    unsolved = fields.Integer(metadata=about("Tickets that are theirs to solve.", 12))
    by_status = fields.Dict(
        metadata={
            "properties": {word: {"type": "integer", "minimum": 0} for word in _UNSOLVED},
            "required": _UNSOLVED,
            "additionalProperties": False,
            **about("The same by status."),
        }
    )


class StaffListSchema(Answer):
    """All of the staff."""

    items = fields.List(fields.Nested(StaffSchema))
    next = fields.String(allow_none=True, metadata=about("Always null: the staff is one page."))


@bp.serve(
    "GET",
    "/admin/users",
    to=Audience.ADMIN,
    right=Right.PEOPLE,
    tag="admin",
    query=UserQuery,
    gives=UserPageSchema,
)
def list_accounts(*, query: dict[str, Any]) -> Response:
    """All accounts, newest first: the same as `/users`."""
    return user_page(query)


@bp.serve(
    "GET",
    "/admin/staff",
    to=Audience.ADMIN,
    right=Right.PEOPLE,
    tag="admin",
    gives=StaffListSchema,
)
def list_staff() -> Response:
    """The staff with their workload, by name."""
    return list_response([_staff_json(member) for member in workload.staff_members()])


def _staff_json(member: StaffMember) -> dict[str, Any]:
    return {
        **person_json(member),
        "email": member.email,
        "role": member.role,
        "is_active": member.is_active,
        "away_until": _away_until(member),
        "unsolved": sum(member.by_status.values()),
        "by_status": {word: member.by_status.get(word, 0) for word in _UNSOLVED},
    }


def _away_until(member: StaffMember) -> datetime | None:
    away_until = member.away_until
    return away_until if away_until is not None and away_until > clock.now() else None
