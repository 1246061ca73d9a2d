"""Which field of a ticket is told to whom: decided for each field and audience, once."""

from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.ctx import AppContext

from portal.extensions import begin_write, db
from portal.models.organizations import Organization
from portal.models.people import User
from portal.models.products import Product
from portal.models.tickets import Ticket
from portal.queries.audience import Audience
from portal.queries.tickets import serializers
from portal.queries.tickets.lists import ticket_rows
from portal.queries.tickets.lists.ticket_rows import TicketRow
from portal.services.tickets import products, tickets
from tests.cast import Cast
from tests.products import add_product

MOMENT = datetime(2026, 11, 21, tzinfo=UTC)
ROW = TicketRow(
    id=1,
    subject="No hot water",
    status="open",
    priority=2,
    type=None,
    department=None,
    language="en",
    channel="api",
    version=3,
    created_at=MOMENT,
    updated_at=MOMENT,
    first_response_at=None,
    waiting_since=MOMENT,
    solved_at=None,
    requester_id=1,
    requester_first_name="Ann",
    requester_last_name="Archer",
    requester_email="ann@example.com",
    assignee_id=None,
    assignee_first_name="",
    assignee_last_name="",
    assignee_email="",
    organization_id=1,
    organization_name="Acme",
    tags="network boiler",
    products="12 Red mug\n7 Blue mug",
)
# What is kept from whom. A new field has to stand here or be told.
NOT_OF_TICKETS = {
    Audience.DESK_WEBHOOK: {"waiting_since"},
    Audience.ORGANIZATION_WEBHOOK: {"tags", "waiting_since"},
    Audience.ARCHIVE: {"tags", "assignee", "version", "waiting_since"},
}
NOT_OF_COMMENTS = {
    Audience.DESK_WEBHOOK: {"quoted"},
    Audience.ORGANIZATION_WEBHOOK: {"quoted"},
    Audience.ARCHIVE: {"html", "internal", "quoted"},
}
_OF_WEBHOOKS = {"comment_id", "content_type", "created_at"}
NOT_OF_FILES = {
    Audience.DESK_WEBHOOK: _OF_WEBHOOKS,
    Audience.ORGANIZATION_WEBHOOK: _OF_WEBHOOKS,
    Audience.ARCHIVE: {"id", "comment_id", "created_at"},
}


@pytest.mark.parametrize("audience", Audience)
def test_each_field_is_told_or_kept_on_purpose(audience: Audience) -> None:
    for fields, kept, whole in (
        (serializers.TICKET_FIELDS, NOT_OF_TICKETS, serializers.TICKET),
        (serializers.COMMENT_FIELDS, NOT_OF_COMMENTS, serializers.COMMENT),
        (serializers.ATTACHMENT_FIELDS, NOT_OF_FILES, serializers.ATTACHMENT),
    ):
        assert set(fields[audience]) == set(whole) - kept.get(audience, set())
        assert len(fields[audience]) == len(set(fields[audience]))


@pytest.mark.parametrize("audience", Audience)
def test_a_ticket_has_the_fields_of_its_audience_in_their_order(audience: Audience) -> None:
    assert tuple(serializers.ticket(ROW, audience)) == serializers.TICKET_FIELDS[audience]


def test_tags_are_told_to_the_desk_alone() -> None:
    told = {audience: serializers.ticket(ROW, audience).get("tags") for audience in Audience}
    assert told == {
        Audience.STAFF: ["boiler", "network"],
        Audience.CUSTOMER: [],
        Audience.DESK_WEBHOOK: ["boiler", "network"],
        Audience.ORGANIZATION_WEBHOOK: None,
        Audience.ARCHIVE: None,
    }


@pytest.mark.parametrize("audience", Audience)
def test_products_are_told_by_id_and_name(audience: Audience) -> None:
    assert serializers.ticket(ROW, audience)["products"] == [
        {"id": "PRD000007", "name": "Blue mug"},
        {"id": "PRD000012", "name": "Red mug"},
    ]


def test_the_way_by_which_it_came_is_not_told_to_customers_who_ask() -> None:
    told = {audience: serializers.ticket(ROW, audience)["channel"] for audience in Audience}
    assert {audience for audience, channel in told.items() if channel != "api"} == {
        Audience.CUSTOMER
    }


def test_since_when_somebody_waits_is_told_to_staff_alone() -> None:
    told = {
        audience: serializers.ticket(ROW, audience).get("waiting_since") for audience in Audience
    }
    assert {audience for audience, moment in told.items() if moment} == {Audience.STAFF}


@pytest.mark.parametrize("staff", [True, False])
def test_a_loaded_ticket_makes_the_row_that_is_read(
    app: Flask, cast: Cast, context: AppContext, staff: bool
) -> None:
    mug = add_product(app, cast.bob, "Blue\nmug")
    begin_write()
    ticket = tickets.file(actor=cast.bob, subject="No hot water", message="Since Monday.")
    sam = db.session.get_one(User, cast.sam.id)
    tickets.assign(actor=cast.sam, ticket=ticket, assignee=sam)
    tickets.set_tags(actor=cast.sam, ticket=ticket, names=["boiler"])
    products.add(actor=cast.bob, ticket=ticket, ids=[mug])
    db.session.commit()
    made = ticket_rows.from_models(
        db.session.get_one(Ticket, ticket.id),
        requester=db.session.get_one(User, cast.bob.id),
        assignee=sam,
        organization=db.session.get_one(Organization, cast.bob.organization_id),
        tags=["boiler"],
        products=[db.session.get_one(Product, mug)],
        staff=staff,
    )
    assert made == ticket_rows.find(cast.sam if staff else cast.bob, ticket.number)
