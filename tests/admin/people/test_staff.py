"""`/admin/staff`: the unsolved tickets of each person, each number a way to them."""

from datetime import timedelta

from flask import Flask

from portal import clock
from portal.extensions import db
from portal.models.people import User
from portal.models.people.user import format_id
from portal.models.tickets import BulkChange
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


def test_all_of_one_person_go_to_another_with_one_undo(client: Visitor, app: Flask, cast: Cast):
    filed = [factories.file_ticket(app, cast.ann, f"Matter {n}") for n in range(3)]
    with factories.writing(app):
        for one in filed:
            tickets.assign(
                actor=cast.sam,
                ticket=db.session.get_one(Ticket, one.id),
                assignee=db.session.get_one(User, cast.sue.id),
            )
    row = client.sign_in(cast.ada).get("/admin/staff").one("tr", id=f"staff-{cast.sue.id}")
    form = row.one("form")
    fields = {field["name"]: field["value"] for field in form.all("input")}
    offered = [option["value"] for option in form.all("option")]
    assert offered == ["me", "none", str(cast.ada.id), str(cast.sam.id)]
    asked = client.get(form["action"], query_string={**fields, "value": str(cast.sam.id)})
    sent = {
        field["name"]: field["value"]
        for field in asked.all("input", name=True)
        if field["name"] not in {"csrf_token", "view", "q"}
    }
    client.follow(client.post("/tickets/queue/bulk/new", sent))

    def held(person: int) -> int:
        with app.app_context():
            return db.session.query(Ticket).filter_by(assignee_id=person).count()

    assert (held(cast.sam.id), held(cast.sue.id)) == (3, 0)
    with app.app_context():
        token = db.session.query(BulkChange.token).scalar()
    client.post("/tickets/queue/undo", {"token": token})
    assert (held(cast.sam.id), held(cast.sue.id)) == (0, 3)


def test_somebody_is_away_and_back(client: Visitor, app: Flask, cast: Cast):
    path = f"/admin/users/{format_id(cast.sue.id)}/absence"
    client.sign_in(cast.ada).get(path)
    day = (clock.now() + timedelta(days=3)).date().isoformat()
    page = client.follow(client.post(path, {"back_on": day}))
    assert "Away until" in page.one("tr", id=f"staff-{cast.sue.id}").text
    ticket = factories.file_ticket(app, cast.ann)
    refused = client.post(f"/tickets/{ticket.number}/assignment", {"assignee": cast.sue.id}, 409)
    assert "This person is away" in refused.words
    assert client.get(path).one("input", name="back_on")["value"] == day
    assert "gets tickets again" in client.follow(client.post(path, {"back_on": ""})).words
    for wrong in ("2020-01-01", "tomorrow"):
        page = client.post(path, {"back_on": wrong}, 422)
        assert "Choose a day from tomorrow on" in page.words
        assert page.one("input", name="back_on")["value"] == wrong
    client.get(f"/admin/users/{format_id(cast.bob.id)}/absence", 404)
