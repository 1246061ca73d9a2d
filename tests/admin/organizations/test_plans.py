"""`/admin/plans`: the numbers of the plans."""

from collections.abc import Callable

from flask import Flask

from portal.extensions import db
from portal.models.organizations import Organization, Plan
from tests import factories
from tests.cast import Cast
from tests.page import Visitor

Visit = Callable[[], Visitor]


def form(**changed: str) -> dict[str, str]:
    """All fields empty, but for the changed ones."""
    fields = ("members", "open_tickets", "file_bytes", "calls_a_day")
    names = [f"{plan}_{field}" for plan in ("free", "starter", "pro") for field in fields]
    return dict.fromkeys(names, "") | changed


def test_numbers_are_changed_and_who_is_over_them_is_said(visit: Visit, app: Flask, cast: Cast):
    with factories.writing(app):
        db.session.add(Plan(name="free", members=3))
        db.session.get_one(Organization, cast.ann.organization_id).plan = "free"
    ada = visit().sign_in(cast.ada)
    assert ada.get("/admin/plans").one(id="free_members")["value"] == "3"
    page = ada.follow(ada.post("/admin/plans", form(free_members="1", pro_file_bytes="5")))
    assert "1 organization uses more than FREE allows. Nothing is deleted" in page.words
    assert page.one(id="pro_file_bytes")["value"] == "5"
    assert page.one(id="free_open_tickets")["value"] == ""
    with app.app_context():
        assert db.session.get_one(Plan, "pro").file_bytes == 5 * 1024 * 1024
    again = ada.post("/admin/plans", form(free_members="1", pro_file_bytes="5"))
    assert "Nothing was changed." in ada.follow(again).words
    shown = visit().sign_in(cast.ann).get("/account/organization").words
    assert "0 B, no limit" in shown
    assert "API calls today" in shown


def test_what_is_no_number_is_refused_at_its_field(visit: Visit, app: Flask, cast: Cast):
    ada = visit().sign_in(cast.ada)
    for text in ("-1", "0", "1.5", "a lot", "\u0663", "9" * 15):
        page = ada.post("/admin/plans", form(free_members=text, pro_members="7"), 422)
        assert page.one(id="free_members")["aria-invalid"] == "true"
        assert page.one(id="free_members")["value"] == text
        assert page.one(id="pro_members")["value"] == "7"
    with app.app_context():
        assert db.session.get(Plan, "pro") is None


def test_it_is_for_who_manages_people(visit: Visit, cast: Cast):
    for person, status in ((cast.sam, 403), (cast.ann, 404)):
        visitor = visit().sign_in(person)
        visitor.get("/admin/plans", status=status)
        visitor.post("/admin/plans", form(), status=status)
    assert "/auth/login" in visit().get("/admin/plans", status=303).location
