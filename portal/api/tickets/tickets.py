"""`/tickets`: list, read, change, delete."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import Response

from portal.api import bp, versions
from portal.api.authentication import actor
from portal.api.authorization import Audience, begin_change
from portal.api.responses import committed, empty_response, json_response, list_response
from portal.api.schemas import TicketPageSchema, TicketSchema
from portal.api.tickets.search import require_understood
from portal.api.tickets.ticket_schemas import (
    AssigneeSchema,
    StatusSchema,
    TicketChangeSchema,
    TicketQuery,
)
from portal.errors import AssigneeAway, Forbidden, NotFound, TicketClosed, TooBroad
from portal.extensions import db
from portal.models.people import Actor, User
from portal.models.products.product import parse_id as parse_product
from portal.models.tickets import Priority, Ticket, TicketStatus
from portal.queries.paging import Page
from portal.queries.people import users
from portal.queries.tickets import serializers
from portal.queries.tickets import tickets as ticket_queries
from portal.queries.tickets.lists import ticket_list, ticket_rows
from portal.queries.tickets.lists.ticket_filter import NOBODY, TicketFilter, View
from portal.queries.tickets.lists.ticket_rows import TicketRow
from portal.queries.tickets.lists.ticket_since import Since
from portal.security import permissions
from portal.services.tickets import counts, products
from portal.services.tickets import tickets as services

ETAG = {"ETag": "The version, for If-Match."}


@bp.serve(
    "GET",
    "/tickets",
    to=Audience.SIGNED_IN,
    tag="tickets",
    query=TicketQuery,
    gives=TicketPageSchema,
    fails=[Forbidden, TooBroad],
)
def list_tickets(*, query: dict[str, Any]) -> Response:
    """The tickets that one may see: all for staff, the organization's or the own for customers.

    Words and numbers in `q` also find those of others in which a customer takes part.
    """
    who = actor()
    if query.get("tag") or query.get("channel"):
        permissions.require(permissions.can_triage(who))
    wanted = TicketFilter.from_args(query, view=View.ALL)
    wanted = replace(wanted, shared="participant" in query)
    require_understood(who, wanted, sort=query.get("sort"))
    since = Since(query.get("created_since"), query.get("updated_since"))
    return ticket_page(who, ticket_list.full_page(who, wanted, size=query["limit"], since=since))


@bp.serve(
    "GET",
    "/tickets/<number>",
    to=Audience.SIGNED_IN,
    tag="tickets",
    gives=TicketSchema,
    fails=[NotFound],
    headers=ETAG,
)
def read_ticket(number: str) -> Response:
    """One ticket."""
    who = actor()
    row = ticket_rows.find(who, number)
    ticket_json = serializers.ticket(row, serializers.Audience.of(who))
    return json_response(ticket_json, headers=versions.etag(row.version))


@bp.serve(
    "PATCH",
    "/tickets/<number>",
    to=Audience.SIGNED_IN,
    tag="tickets",
    body=TicketChangeSchema,
    gives=TicketSchema,
    fails=[NotFound, Forbidden, TicketClosed, AssigneeAway],
    needs_version=True,
    headers=ETAG,
)
def change_ticket(number: str, *, body: dict[str, Any]) -> Response:
    """Change a ticket: all that is named, or nothing."""
    who, ticket = _locked_ticket(number)
    _change(who, ticket, body)
    return committed_ticket(who, ticket)


@counts.together()
def _change(who: Actor, ticket: Ticket, body: dict[str, Any]) -> None:
    if "subject" in body:
        services.set_subject(actor=who, ticket=ticket, subject=body["subject"])
    if "assignee" in body:
        _assign(who, ticket, body["assignee"])
    if "priority" in body:
        priority = Priority.from_word(body["priority"])
        services.set_priority(actor=who, ticket=ticket, priority=priority)
    if "type" in body:
        services.set_type(actor=who, ticket=ticket, type_=body["type"] or None)
    if "department" in body:
        services.set_department(actor=who, ticket=ticket, name=body["department"] or None)
    if "tags" in body:
        services.set_tags(actor=who, ticket=ticket, names=body["tags"])
    if "products" in body:
        products.replace(actor=who, ticket=ticket, ids=parse_products(body["products"]))
    if "status" in body:
        set_status(who, ticket, body["status"])


def parse_products(words: Sequence[str]) -> list[int]:
    """Of a list that the schema has passed."""
    return [product_id for word in words if (product_id := parse_product(word)) is not None]


@bp.serve(
    "DELETE",
    "/tickets/<number>",
    to=Audience.SIGNED_IN,
    tag="tickets",
    status=204,
    fails=[NotFound, Forbidden],
    needs_version=True,
)
def delete_ticket(number: str) -> Response:
    """Put a ticket into the trash: it is gone for everybody, until the staff restore it there.

    For staff. Customers close theirs.
    """
    who, ticket = _locked_ticket(number)
    services.delete(actor=who, ticket=ticket)
    return committed(empty_response())


@bp.serve(
    "PUT",
    "/tickets/<number>/assignee",
    to=Audience.STAFF,
    tag="tickets",
    body=AssigneeSchema,
    gives=TicketSchema,
    fails=[NotFound, TicketClosed, AssigneeAway],
    needs_version=True,
    headers=ETAG,
)
def assign_ticket(number: str, *, body: dict[str, Any]) -> Response:
    """Give a ticket to somebody, to oneself or to nobody."""
    who, ticket = _locked_ticket(number)
    _assign(who, ticket, body["assignee"])
    return committed_ticket(who, ticket)


@bp.serve(
    "PUT",
    "/tickets/<number>/status",
    to=Audience.STAFF,
    tag="tickets",
    body=StatusSchema,
    gives=TicketSchema,
    fails=[NotFound, TicketClosed],
    needs_version=True,
    headers=ETAG,
)
def set_ticket_status(number: str, *, body: dict[str, Any]) -> Response:
    """Turn a ticket into another status. Closed is final."""
    who, ticket = _locked_ticket(number)
    set_status(who, ticket, body["status"])
    return committed_ticket(who, ticket)


def ticket_page(who: Actor, page: Page[TicketRow]) -> Response:
    """A page of tickets as `who` sees them."""
    audience = serializers.Audience.of(who)
    return list_response([serializers.ticket(row, audience) for row in page.rows], page.next)


def _locked_ticket(number: str) -> tuple[Actor, Ticket]:
    """The caller, and the ticket, locked and in the version of If-Match."""
    who = begin_change()
    ticket = ticket_queries.find(who, number, lock=True)
    versions.require_match(who, ticket)
    return who, ticket


def find_assignee(who: Actor, word: str | None) -> User | None:
    return None if word is None or word == NOBODY else users.assignee(who, word)


def _assign(who: Actor, ticket: Ticket, word: str | None) -> None:
    permissions.require(permissions.can_triage(who))
    services.assign(actor=who, ticket=ticket, assignee=find_assignee(who, word))


def set_status(who: Actor, ticket: Ticket, word: str) -> None:
    services.set_status(actor=who, ticket=ticket, status=TicketStatus(word))


def committed_ticket(
    who: Actor, ticket: Ticket, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """Commit, and return the ticket as it is now."""
    db.session.flush()
    row = ticket_rows.find_changed(who, ticket.number)
    ticket_json = serializers.ticket(row, serializers.Audience.of(who))
    sent = {**versions.etag(row.version), **(headers or {})}
    return committed(json_response(ticket_json, status, sent), ticket=ticket)
