"""The conditions of a customer's lists: their own tickets, or those in which they take part."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, bindparam

from portal.models.base import BigId
from portal.models.people import Sight
from portal.models.tickets import Ticket, TicketParticipant
from portal.queries.tickets import search
from portal.queries.tickets.tickets import in_sight_of, is_shared_with

Equals = Callable[[Any, str], ColumnElement[bool]]


def conditions(
    sight: Sight,
    words: search.QueryKind | None,
    equals: Equals,
    *,
    shared: bool,
    by_product: bool = False,
) -> list[ColumnElement[bool]]:
    """A list has either their own tickets or shared ones: no index has both in one order.

    What is searched for has an index of its own, and is found among both; so has `by_product`, with
    which either kind is narrowed.
    """
    if shared:
        reader = bindparam("actor_id", type_=BigId)
        if words or by_product:
            return [is_shared_with(reader)]
        return [TicketParticipant.user_id == reader]
    if words in {search.QueryKind.WORDS, search.QueryKind.NUMBER}:
        return [in_sight_of(sight)]
    own = [equals(Ticket.organization_id, "organization_id")]
    if sight is Sight.OWN:
        own.append(equals(Ticket.requester_id, "actor_id"))
    return own
