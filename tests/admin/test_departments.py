"""`/admin/departments`, and what their list does for tickets, customers and programs."""

from collections.abc import Callable

import pytest
from flask import Flask

from jobs.parts.departments import rename_departments
from portal.extensions import db
from portal.models.tickets import Ticket, TicketEvent
from tests import factories
from tests.api.api_client import ApiClient, key_of
from tests.cast import Cast
from tests.page import Page, Visitor

PAGE = "/admin/departments"


@pytest.fixture
def ada(visit: Callable[[], Visitor], cast: Cast) -> Visitor:
    return visit().sign_in(cast.ada)


def add(ada: Visitor, *names: str) -> None:
    for name in names:
        ada.post(PAGE, {"name": name}, 303)


def names(page: Page) -> list[str]:
    return [
        summary.one("strong").text for summary in page.one("ol", id="departments").all("summary")
    ]


def options(page: Page, name: str) -> list[str]:
    return [option["value"] or "" for option in page.one("select", name=name).all("option")]


def test_departments_are_added_named_ordered_and_taken_away(ada: Visitor):
    add(ada, "IT", "Sales")
    ada.post(f"{PAGE}/2/move", {"by": "up"}, 303)
    assert names(ada.get(PAGE)) == ["Sales", "IT"]
    ada.post(f"{PAGE}/2/move", {"by": "up"}, 303)
    ada.post(f"{PAGE}/1", {"name": "Computers"}, 303)
    assert names(ada.get(PAGE)) == ["Sales", "Computers"]
    ada.post(f"{PAGE}/2/delete", {}, 303)
    assert names(ada.get(PAGE)) == ["Computers"]
    assert "Department changed" in ada.get("/account/log").words


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("", "Please fill this in."), ("IT", "There is one of this name."), ("x" * 101, "too long")],
)
def test_a_name_that_cannot_be_is_refused_at_its_field(ada: Visitor, name: str, sentence: str):
    add(ada, "IT")
    page = ada.post(PAGE, {"name": name}, 422)
    assert sentence in page.one("p", id="new-department-error").text
    add(ada, "Sales")
    page = ada.post(f"{PAGE}/2", {"name": name}, 422)
    assert sentence in page.one("p", id="d2-name-error").text


def test_staff_give_a_ticket_to_a_department_and_its_keeper_gets_it(
    ada: Visitor, visit: Callable[[], Visitor], app: Flask, cast: Cast
):
    add(ada, "IT")
    ada.post(f"{PAGE}/1", {"name": "IT", "default_assignee": str(cast.sue.id)}, 303)
    filed = factories.file_ticket(app, cast.ann)
    sam = visit().sign_in(cast.sam)
    choices = sam.get(f"/tickets/{filed.number}").one("details", id="menu-department")
    assert [choice["value"] or "" for choice in choices.all("button")] == ["", "IT"]
    sam.post(f"/tickets/{filed.number}/department", {"department": "IT"}, 303)
    page = sam.get(f"/tickets/{filed.number}")
    assert "set the department to IT" in page.words
    assert "brought this to Sue Stone" in page.words
    with app.app_context():
        assert db.session.get_one(Ticket, filed.id).assignee_id == cast.sue.id
    assert filed.number in sam.get("/tickets/queue?view=all&department=IT").text
    sam.post(f"/tickets/{filed.number}/department", {"department": "Nowhere"}, 422)
    sam.post(f"/tickets/{filed.number}/type", {"type": "incident"}, 303)
    sam.post(f"/tickets/{filed.number}/type", {"type": "riddle"}, 422)


def test_customers_choose_one_where_the_setting_says_so(
    ada: Visitor, visit: Callable[[], Visitor], app: Flask, cast: Cast
):
    add(ada, "IT", "Sales")
    ann = visit().sign_in(cast.ann)
    assert not ann.get("/tickets/new").all("select", name="department")
    ada.post(
        "/admin/settings/tickets",
        {"seen": seen(ada), "department_choice": "1", "type_choice": "0"},
        303,
    )
    assert options(ann.get("/tickets/new"), "department") == ["", "IT", "Sales"]
    text = {"subject": "Cold", "message": "It is.", "priority": "low"}
    ann.post("/tickets/new", {**text, "department": "Sales"}, 303)
    ann.post("/tickets/new", {**text, "department": "Nowhere"}, 422)
    with app.app_context():
        assert db.session.get_one(Ticket, 1).department == "Sales"


def seen(ada: Visitor) -> str:
    return ada.get("/admin/settings/tickets").one("input", name="seen")["value"] or ""


def test_a_new_name_reaches_the_tickets(ada: Visitor, app: Flask, cast: Cast):
    add(ada, "IT")
    filed = factories.file_ticket(app, cast.ann, department="IT")
    ada.post(f"{PAGE}/1", {"name": "Computers"}, 303)
    page = ada.post(f"{PAGE}/1", {"name": "Machines"}, 422)
    assert "still being written" in page.one("p", id="d1-name-error").text
    with app.app_context():
        while rename_departments():
            pass
        assert db.session.get_one(Ticket, filed.id).department == "Computers"
        assert not db.session.query(TicketEvent).filter_by(kind="department").count()
    ada.post(f"{PAGE}/1", {"name": "Machines"}, 303)


def test_a_department_that_is_gone_stays_with_its_tickets(ada: Visitor, app: Flask, cast: Cast):
    add(ada, "IT")
    filed = factories.file_ticket(app, cast.ann, department="IT")
    ada.post(f"{PAGE}/1/delete", {}, 303)
    page = ada.get(f"/tickets/{filed.number}")
    assert page.one("summary", id="fact-department").text == "Department: IT"


def test_programs_set_it_and_are_told_of_one_there_is_not(ada: Visitor, app: Flask, cast: Cast):
    add(ada, "IT")
    filed = factories.file_ticket(app, cast.ann)
    api = ApiClient(app, key_of(app, cast.sam))
    path = f"/tickets/{filed.number}"
    headers = {"If-Match": api.get(path).headers["ETag"]}
    changed = {"department": "IT", "type": "incident"}
    answer = api.patch(path, changed, headers=headers)
    assert (answer.json["department"], answer.json["type"]) == ("IT", "incident")
    headers = {"If-Match": answer.headers["ETag"]}
    refused = api.patch(path, {"department": "Nowhere"}, 422, headers=headers)
    assert "department" in refused.errors


def test_only_admins_keep_them(visit: Callable[[], Visitor], cast: Cast):
    for person, status in ((cast.sam, 403), (cast.ann, 404)):
        visitor = visit().sign_in(person)
        visitor.get(PAGE, status)
        visitor.post(PAGE, {"name": "Mine"}, status)
