"""Who of the staff serves which departments: on the page of staff, and where it is changed."""

from flask import Flask

from portal.extensions import db
from portal.models.people import Right, User
from portal.models.people.user import format_id
from tests import factories
from tests.cast import Cast
from tests.page import Visitor


def test_departments_of_a_person_are_seen_and_changed(client: Visitor, app: Flask, cast: Cast):
    with factories.writing(app):
        db.session.get_one(User, cast.sam.id).rights = Right.OWN_DEPARTMENTS
    client.sign_in(cast.ada)
    here = f"/admin/users/{format_id(cast.sam.id)}/departments"
    assert "None yet" in client.get(here).words
    for name in ("Sales", "IT", "Law"):
        client.post("/admin/departments", {"name": name}, 303)
    client.post(here, {"departments": ["3", "1"]}, 303)
    row = client.get("/admin/staff").one("tr", id=f"staff-{cast.sam.id}")
    assert "Serves: Sales, Law" in row.text
    assert client.get(row.one("a", href=here)["href"]).one("input", value="3").get("checked") == ""
    foreign = factories.file_ticket(app, cast.ann, department="IT")
    sam = Visitor(app).sign_in(cast.sam)
    sam.get(f"/tickets/{foreign.number}", status=404)
    client.post(here, {"departments": "2"}, 303)
    sam.get(f"/tickets/{foreign.number}")
    client.post(here, {"departments": "77"}, 422)
    client.get(f"/admin/users/{format_id(cast.ann.id)}/departments", status=404)
