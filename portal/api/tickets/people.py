"""`/people/{id}/tickets`: what somebody has asked for, for staff."""

from typing import Any

from flask import Response

from portal.api import bp
from portal.api.authentication import actor
from portal.api.authorization import Audience
from portal.api.schemas import PageQuery, TicketPageSchema, cursor_field
from portal.api.tickets.tickets import ticket_page
from portal.errors import NotFound, or_not_found
from portal.queries.people import users
from portal.queries.tickets.lists import ticket_list
from portal.queries.tickets.lists.ticket_filter import TicketFilter


class PersonTicketsQuery(PageQuery):
    """Which page of somebody's tickets."""

    cursor = cursor_field(least=2, most=2)


@bp.serve(
    "GET",
    "/people/<id>/tickets",
    to=Audience.STAFF,
    tag="tickets",
    query=PersonTicketsQuery,
    gives=TicketPageSchema,
    fails=[NotFound],
)
def list_tickets_of_person(id: str, *, query: dict[str, Any]) -> Response:  # noqa: A002
    """The tickets that somebody has asked for, last changed first."""
    user_id = actor().id if id == "me" else users.parse_id(id)
    person = or_not_found(None if user_id is None else users.by_id(user_id))
    wanted = TicketFilter(requester=person.number, cursor=query.get("cursor", ""))
    return ticket_page(actor(), ticket_list.full_page(actor(), wanted, size=query["limit"]))
