"""`/admin/staff`: the unsolved tickets of each person, each number a way to them."""

from flask import Flask

from portal.extensions import db
from portal.models.people import User
from portal.models.tickets.ticket import Ticket
from portal.services.tickets import tickets
from tests import factories
from tests.cast import Cast
from tests.page import Visitor


def test_each_number_leads_to_the_tickets_of_that_person(client: Visitor, app: Flask, cast: Cast):
    filed = [factories.file_ticket(app, cast.ann, f"Matter {n}") for n in range(4)]
    with factories.writing(app):
        sue = db.session.get_one(User, cast.sue.id)
        for one in filed[:3]:
            ticket = db.session.get_one(Ticket, one.id)
            tickets.assign(actor=cast.sam, ticket=ticket, assignee=sue)
        tickets.set_status(
            actor=cast.sam, ticket=db.session.get_one(Ticket, filed[0].id), status="solved"
        )
    page = client.sign_in(cast.ada).get("/admin/staff")
    row = page.one("tr", id=f"staff-{cast.sue.id}")
    assert [cell.text for cell in row.all("td")] == ["2", "0", "0", "0", "2"]
    for link in (row.all("a")[-1], page.one("tfoot").one("a")):
        rows = client.get(link["href"]).one("tbody", id="rows").all("tr")
        assert len(rows) == int(link.text)
