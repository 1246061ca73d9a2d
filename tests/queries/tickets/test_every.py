"""All tickets that a change of many is meant for are those that the list shows, page by page."""

import pytest
from flask import Flask
from flask.ctx import AppContext

from portal.extensions import begin_write, db
from portal.models.tickets import TicketStatus
from portal.queries.tickets.lists import ticket_list
from portal.queries.tickets.lists.ticket_filter import TicketFilter, View
from portal.services.tickets import products, tickets
from tests.cast import Cast
from tests.products import add_product

QUERIES = [
    {},
    {"view": "unsolved"},
    {"view": "to_answer", "sort": "waiting_since"},
    {"view": "unsolved", "sort": "-priority"},
    {"view": "mine"},
    {"view": "unassigned", "status": "open"},
    {"requester": "USR000001"},
    {"tag": "vpn"},
    {"product": "PRD000001"},
    {"product": "PRD000001", "tag": "vpn", "view": "unsolved"},
    {"product": "PRD000001", "q": "lamp"},
    {"q": "radiator"},
    {"q": "radiator", "tag": "vpn"},
    {"q": "radiator -tag:vpn"},
    {"q": "priority>medium"},
    {"q": "status:"},
    {"q": "assignee:me", "view": "unsolved"},
    {"view": "unsolved", "status": "closed"},
]


@pytest.fixture
def desk(app: Flask, cast: Cast, context: AppContext) -> Cast:
    add_product(app, cast.ann, "Lamp")
    begin_write()
    for number in range(9):
        ticket = tickets.file(
            actor=cast.ann if number % 3 else cast.bob,
            subject=f"{'Radiator' if number % 2 else 'Lamp'} {number}",
            message="Text",
            priority=number % 4 + 1,
        )
        tickets.set_tags(actor=cast.sam, ticket=ticket, names=["vpn"] if number % 4 == 1 else [])
        products.add(actor=cast.sam, ticket=ticket, ids=[1] if number % 4 else [])
        status = (TicketStatus.NEW, TicketStatus.OPEN, TicketStatus.SOLVED)[number % 3]
        tickets.set_status(actor=cast.sam, ticket=ticket, status=status)
    tickets.delete(actor=cast.sam, ticket=ticket)
    db.session.commit()
    return cast


@pytest.mark.parametrize("args", QUERIES, ids=str)
def test_every_ticket_of_all_pages_is_there_once(desk: Cast, args: dict[str, str]):
    wanted = TicketFilter.from_args(args, view=View.ALL)
    shown: list[int] = []
    page = ticket_list.page(desk.sam, wanted, size=2)
    while True:
        shown += [row.id for row in page.rows]
        if page.next is None:
            break
        page = ticket_list.page(
            desk.sam, TicketFilter.from_args({**args, "cursor": page.next}, view=View.ALL), size=2
        )
    found = [one.id for one in ticket_list.every(desk.sam, wanted, limit=100)]
    assert sorted(found) == sorted(shown)
    assert len(ticket_list.every(desk.sam, wanted, limit=1)) == min(1, len(shown))
