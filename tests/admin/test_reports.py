"""`/admin/statistics/reports` and its like of one's own: the statistics by mail."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models.people import Right, User
from portal.models.people.user import format_id
from portal.models.statistics import ReportSubscription
from portal.security import report_links
from tests import factories
from tests.cast import Cast
from tests.page import Visitor

PATH = "/admin/statistics/reports"
OWN = "/account/notifications"


def kept(app: Flask) -> list[tuple[int, str, str]]:
    with app.app_context():
        rows = db.session.scalars(select(ReportSubscription).order_by(ReportSubscription.id))
        return [(row.user_id, row.every, row.query) for row in rows]


def let_see(app: Flask, person: Any) -> None:
    with factories.writing(app):
        user = db.session.get_one(User, person.id)
        user.granted_rights = user.rights = Right.STATISTICS


def test_the_page_of_statistics_asks_for_its_tickets_by_mail(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    let_see(app, cast.sam)
    factories.file_ticket(app, cast.ann, department="IT")
    ada = client.sign_in(cast.ada)
    page = ada.get("/admin/?range=7d&department=IT&assignee=me&organization=acme")
    form = page.one("form", class_="by-mail")
    people = {
        option.text: option["value"] for option in form.one("select", id="person").all("option")
    }
    assert list(people) == ["Ada Adams", "Sam Smith"]
    page = ada.follow(
        ada.post(form["action"], {"every": "month", "person": people["Sam Smith"]}, 303)
    )
    query = f"department=IT&assignee={format_id(cast.ada.id)}&organization=ORG000001"
    assert kept(app) == [(cast.sam.id, "month", query)]
    assert "Department: IT · Assignee: Ada Adams · Organization: Acme · Sam Smith" in page.words
    page = ada.follow(ada.post(f"{PATH}/1/end", status=303))
    assert "This report is not mailed any more" in page.words
    assert kept(app) == []
    ada.post(f"{PATH}/1/end", status=404)


def test_who_is_no_admin_is_mailed_what_they_see_themselves(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    let_see(app, cast.sam)
    sam = client.sign_in(cast.sam)
    assert not sam.get("/admin/").all("select", id="person")
    sam.post(PATH, {"every": "week", "person": format_id(cast.ada.id)}, 303)
    assert kept(app) == [(cast.sam.id, "week", "")]
    assert "All tickets" in sam.get(PATH).words
    page = sam.get(OWN)
    assert "every week" in page.one("li", id="report-1").text
    sam.follow(sam.post(f"{OWN}/reports/1/end", status=303))
    assert kept(app) == []


def test_of_all_tickets_it_is_asked_for_among_ones_own_notifications(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    ada = client.sign_in(cast.ada)
    page = ada.follow(ada.post(f"{OWN}/reports", {"every": "month"}, 303))
    assert "The report is mailed from now on" in page.words
    assert kept(app) == [(cast.ada.id, "month", "")]
    assert "asked for" in ada.get("/account/log").words
    assert "every month" in ada.get("/account/log").words


def test_what_cannot_be_is_said_at_its_field(client: Visitor, app: Flask, cast: Cast) -> None:
    ada = client.sign_in(cast.ada)
    for query, fields, place, said in (
        ("", {"every": "day"}, "every-error", "Please choose one of the list"),
        ("", {"every": "week", "person": "USR000002"}, "person-error", "Please choose one"),
        (
            "?department=Gone",
            {"every": "week"},
            "department-error",
            "No ticket has this department",
        ),
        (
            "?from=2026-02-01&to=2026-01-01",
            {"every": "week"},
            "to-error",
            "The range ends before it begins",
        ),
    ):
        page = ada.post(f"{PATH}{query}", fields, 422)
        assert said in page.one(id=place).text
    assert "Please choose one" in ada.post(f"{OWN}/reports", {"every": "day"}, 422).words
    assert kept(app) == []


@pytest.mark.threat("foreign rows")
def test_customers_and_staff_without_the_right_get_none(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    for person, status in ((cast.ann, 404), (cast.sam, 403)):
        visitor = Visitor(app).sign_in(person)
        visitor.post(PATH, {"every": "week"}, status)
        visitor.post(f"{OWN}/reports", {"every": "week"}, 403)
        assert "Statistics by mail" not in visitor.get(OWN).words
    assert kept(app) == []


@pytest.mark.threat("mailed links")
def test_the_link_in_the_mail_stops_it_by_a_button_alone(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    ada = Visitor(app).sign_in(cast.ada)
    ada.post(f"{OWN}/reports", {"every": "week"}, 303)
    with app.app_context():
        link = f"/auth/reports/{report_links.sign(db.session.get_one(ReportSubscription, 1))}"
    assert "every week" in client.get(link).words
    assert kept(app)
    page = client.follow(client.post(link, status=303))
    assert "This report is not mailed any more" in page.words
    assert kept(app) == []
    client.get(link, 410)
