"""`/admin/exports`: asking for tables, seeing what becomes of them, and fetching them."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from jobs.table_exports import export_table
from portal import clock
from portal.extensions import db
from portal.models.operations import TableExport, TableExportState, TableKind
from portal.models.people import AccountEvent, Actor, Right, User
from portal.models.tickets import SavedView
from portal.queries.operations.export_tables.tables import TABLES
from portal.queries.operations.table_exports import PAGE
from portal.services.operations import table_exports
from portal.services.operations.table_exports import MAX_OPEN, Order
from tests import factories
from tests.cast import Cast
from tests.page import Page, Visitor

PATH = "/admin/exports"
TICKETS = {"query": "", "q": "", "since": "", "until": "", "columns": "number", "format": "csv"}


def exports(app: Flask) -> list[TableExport]:
    with app.app_context():
        return list(db.session.scalars(select(TableExport).order_by(TableExport.id)))


PEOPLE = Order(TableKind.PEOPLE)


def written(app: Flask, person: Actor, order: Order = PEOPLE) -> int:
    """The id of a finished one."""
    with factories.writing(app):
        export_id = table_exports.ask(actor=person, order=order).id
    with app.app_context():
        export_table(export_id)
    return export_id


def ticked(page: Page) -> list[str]:
    return [box["value"] for box in page.all("input", name="columns", checked=True)]


@pytest.fixture
def ada(client: Visitor, cast: Cast) -> Visitor:
    return client.sign_in(cast.ada)


@pytest.mark.parametrize("kind", TableKind)
def test_each_table_can_be_asked_for_and_fetched(ada: Visitor, app: Flask, kind: TableKind) -> None:
    assert "Exports appear here" in ada.get(PATH).words
    page = ada.get(f"{PATH}?kind={kind}")
    assert ticked(page) == list(TABLES[kind].usual)
    fields = {"columns": list(TABLES[kind].columns), "format": "csv"}
    answer = ada.post(f"{PATH}?kind={kind}", fields, 303)
    page = ada.follow(answer)
    assert "The export is being made" in page.words
    assert page.one("section", id="exports")["hx-trigger"] == "every 2s"
    assert page.one("progress")["value"] == "0"
    with app.app_context():
        export_table(1)
    page = ada.get(PATH)
    assert not page.all("progress")
    assert "hx-trigger" not in page.one("section", id="exports").attributes
    file = ada.http.get(page.one("a", download=True)["href"])
    head, *_rows = csv.reader(io.StringIO(file.data.decode("utf-8-sig")))
    assert head == list(TABLES[kind].columns)
    assert file.headers["Cache-Control"] == "private, no-store"
    assert f'filename="{kind}-' in file.headers["Content-Disposition"]


def test_a_workbook_says_that_it_is_one(ada: Visitor, app: Flask) -> None:
    ada.post(f"{PATH}?kind=people", {"columns": "id", "format": "xlsx"}, 303)
    with app.app_context():
        export_table(1)
    file = ada.http.get(f"{PATH}/1")
    assert file.mimetype.endswith("spreadsheetml.sheet")
    assert file.headers["Content-Disposition"].endswith('-1.xlsx"')


def test_fetching_stands_in_the_log_of_actions(ada: Visitor, app: Flask, cast: Cast) -> None:
    export_id = written(app, cast.ada)
    ada.http.head(f"{PATH}/{export_id}")
    ada.http.get(f"{PATH}/{export_id}")
    with app.app_context():
        kinds = select(AccountEvent.kind).where(AccountEvent.kind.like("table_export%"))
        assert list(db.session.scalars(kinds)) == ["table_export_asked", "table_export_fetched"]
    assert "People (CSV), 6 rows" in ada.get("/account/log").words


def test_columns_are_as_one_left_them(ada: Visitor) -> None:
    ada.post(PATH, {**TICKETS, "columns": ["tags", "number"]}, 303)
    assert ticked(ada.get(PATH)) == ["number", "tags"]
    assert ticked(ada.get(f"{PATH}?kind=people")) == list(TABLES[TableKind.PEOPLE].usual)


def test_days_count_in_the_zone_of_who_asks(ada: Visitor, app: Flask, cast: Cast) -> None:
    with factories.writing(app):
        db.session.get_one(User, cast.ada.id).timezone = "Europe/Moscow"
    ada.post(PATH, {**TICKETS, "since": "2026-11-23", "until": "2026-11-29"}, 303)
    [export] = exports(app)
    assert export.since == datetime(2026, 11, 22, 21, tzinfo=UTC)
    assert export.until == datetime(2026, 11, 29, 21, tzinfo=UTC)


def test_a_filter_of_the_queue_comes_along(ada: Visitor, app: Flask) -> None:
    page = ada.get(f"{PATH}?status=open&priority=high&sort=-priority&q=cold+water")
    chosen = page.one("select", id="query").one("option", selected=True)
    assert (chosen.text, chosen["value"]) == (
        "As in the queue",
        "view=all&status=open&priority=high",
    )
    assert page.one("input", id="q")["value"] == "cold water"
    ada.post(PATH, {**TICKETS, "query": chosen["value"], "q": "cold water"}, 303)
    [export] = exports(app)
    assert export.query == "view=all&status=open&priority=high&q=cold+water"
    assert ada.get(PATH).all("a", href=f"/tickets/queue?{export.query}")


def test_a_saved_view_is_taken_as_it_is_now(ada: Visitor, app: Flask, cast: Cast) -> None:
    with factories.writing(app):
        view = SavedView(owner_id=cast.ada.id, name="Cold ones", query="view=unsolved&tag=cold")
        db.session.add(view)
    [option] = [o for o in ada.get(PATH).all("option") if o.text == "Cold ones"]
    ada.post(PATH, {**TICKETS, "query": option["value"]}, 303)
    with factories.writing(app):
        db.session.query(SavedView).update({"query": "view=mine"})
    assert exports(app)[0].query == "view=unsolved&tag=cold"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"columns": []}, "Please fill this in"),
        ({"columns": "password_hash"}, "Please choose one of the list"),
        ({"format": "exe"}, "Please choose one of the list"),
        ({"query": "status=lost"}, "Please choose one of the list"),
        ({"since": "2026-02-30"}, "This is not a date"),
        ({"until": "tomorrow"}, "This is not a date"),
        ({"since": "2026-11-30", "until": "2026-11-23"}, "before the period begins"),
        ({"q": "status:"}, "This search is not finished"),
        ({"q": "x" * 300}, "This is too long"),
    ],
)
def test_what_cannot_be_is_said_at_its_field_and_the_rest_stays(
    ada: Visitor, app: Flask, fields: dict[str, object], said: str
) -> None:
    page = ada.post(PATH, {**TICKETS, "columns": ["number", "tags"], **fields}, 422)
    assert said in page.words
    assert exports(app) == []
    if "columns" not in fields:
        assert ticked(page) == ["number", "tags"]
    if isinstance(typed := fields.get("since"), str):
        assert page.one("input", name="since")["value"] == typed


def test_as_many_as_there_may_be_are_said_in_words(ada: Visitor, app: Flask, cast: Cast) -> None:
    with factories.writing(app):
        for name in list(TABLES[TableKind.PEOPLE].columns)[:MAX_OPEN]:
            order = Order(TableKind.PEOPLE, columns=[name])
            table_exports.ask(actor=cast.ada, order=order)
    page = ada.post(PATH, TICKETS, 409)
    assert "As many exports of yours are being made" in page.words


def test_one_that_is_being_made_can_be_called_off(ada: Visitor, app: Flask) -> None:
    ada.post(PATH, TICKETS, 303)
    page = ada.follow(ada.post(f"{PATH}/1/cancel", status=303))
    assert "The export is called off" in page.words
    assert exports(app)[0].state == TableExportState.CANCELLED
    page = ada.follow(ada.post(f"{PATH}/1/cancel", status=303))
    assert "Too late" in page.words


def test_one_that_failed_says_why_and_is_asked_for_again_by_one_press(
    ada: Visitor, app: Flask, cast: Cast
) -> None:
    ada.post(PATH, TICKETS, 303)
    with factories.writing(app):
        lease = table_exports.claim(1)
        assert lease
        table_exports.refuse(lease, "StorageFull: no room")
    page = ada.get(PATH)
    assert "Failed StorageFull: no room" in page.words
    form = page.one("form", action=f"{PATH}/1/again")
    ada.post(form["action"], status=303)
    assert [export.state for export in exports(app)] == ["failed", "waiting"]


def test_htmx_gets_the_list_and_hears_when_all_is_made(ada: Visitor, app: Flask) -> None:
    ada.post(PATH, TICKETS, 303)
    page = ada.get(PATH, headers={"HX-Request": "true"})
    assert not page.all("h1")
    assert "No export is being made" not in page.words
    with app.app_context():
        export_table(1)
    assert "No export is being made" in ada.get(PATH, headers={"HX-Request": "true"}).words


def test_a_file_whose_week_is_over_is_gone(ada: Visitor, app: Flask, cast: Cast) -> None:
    with time_machine.travel(clock.now() - timedelta(days=8)):
        with factories.writing(app):
            then = factories.actor(db.session.get_one(User, cast.ada.id))
        export_id = written(app, then)
    assert "Expired" in ada.get(PATH).words
    ada.get(f"{PATH}/{export_id}", status=404)


@pytest.mark.threat("rules in the browser alone")
def test_staff_with_the_right_have_their_own_and_no_others(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    adas = written(app, cast.ada)
    with factories.writing(app):
        user = db.session.get_one(User, cast.sam.id)
        user.granted_rights = user.rights = Right.EXPORTS
        db.session.flush()
    sam = client.sign_in(cast.sam)
    sam.post(PATH, TICKETS, 303)
    assert [line["id"] for line in sam.get(PATH).all("li", id=True)] == ["export-2"]
    for path in (f"{PATH}/{adas}", f"{PATH}/999"):
        sam.get(path, status=404)
        sam.post(f"{path}/again", status=404)
        sam.post(f"{path}/cancel", status=404)
    with app.app_context():
        export_table(2)
    sam.get(f"{PATH}/2")
    with factories.writing(app):
        user = db.session.get_one(User, cast.sam.id)
        user.granted_rights = user.rights = ""
    sam.get(f"{PATH}/2", status=403)


def test_a_schedule_is_made_shown_and_deleted(ada: Visitor, app: Flask) -> None:
    fields = {**TICKETS, "every": "week", "weekday": "0", "hour": "7"}
    page = ada.follow(ada.post(PATH, fields, 303))
    assert "The schedule is saved" in page.words
    assert "Every week, of the week before · Monday 07:00" in page.words
    assert exports(app) == []
    page = ada.follow(ada.post(f"{PATH}/schedules/1/delete", status=303))
    assert not page.all("li", id="schedule-1")
    ada.post(f"{PATH}/schedules/1/delete", status=404)


def test_a_schedule_is_changed_in_its_line(ada: Visitor, app: Flask) -> None:
    fields = {"every": "week", "weekday": "0", "hour": "7", "query": "view=unsolved"}
    ada.post(PATH, {**TICKETS, **fields}, 303)
    line = ada.get(PATH).one("li", id="schedule-1")
    assert line.one("a")["href"] == "/tickets/queue?view=unsolved"
    form = line.all("form")[0]
    assert form.one("select", name="hour").one("option", selected=True)["value"] == "7"
    page = ada.post(form["action"], {"every": "day", "weekday": "0", "hour": "25"}, 422)
    assert "Please choose one of the list" in page.one("li", id="schedule-1").text
    page = ada.follow(ada.post(form["action"], {"every": "day", "weekday": "0", "hour": "9"}, 303))
    assert "Every day, of the day before · 09:00" in page.words
    ada.post(f"{PATH}/schedules/1/delete", status=303)
    log = ada.get("/account/log").words
    for sentence in ("made", "changed", "deleted"):
        assert f"Schedule of exports {sentence}" in log
    assert "Tickets (CSV): every day" in log
    ada.post(form["action"], {"every": "day", "weekday": "0", "hour": "9"}, 404)


def test_the_queue_leads_to_an_export_of_what_it_shows(
    ada: Visitor, app: Flask, cast: Cast
) -> None:
    factories.file_ticket(app, cast.ann, "Cold water")
    [link] = [
        a
        for a in ada.get("/tickets/queue?view=unsolved&priority=medium&q=water").all("a")
        if a.text == "Export"
    ]
    page = ada.get(link["href"])
    chosen = page.one("select", id="query").one("option", selected=True)
    assert chosen["value"] == "view=unsolved&priority=medium"
    assert page.one("input", id="q")["value"] == "water"
    sam = Visitor(app).sign_in(cast.sam)
    assert "/admin/exports" not in str(sam.http.get("/tickets/queue").data)


@pytest.mark.parametrize("fields", [{"every": "year"}, {"weekday": "7"}, {"hour": "24"}])
def test_a_rhythm_that_there_is_not_is_said_at_its_field(
    ada: Visitor, fields: dict[str, str]
) -> None:
    page = ada.post(PATH, {**TICKETS, "every": "week", **fields}, 422)
    assert "Please choose one of the list" in page.words


@pytest.mark.threat("rules in the browser alone")
def test_a_schedule_of_somebody_else_is_not_there(ada: Visitor, app: Flask, cast: Cast) -> None:
    ada.post(PATH, {**TICKETS, "every": "day"}, 303)
    with factories.writing(app):
        user = db.session.get_one(User, cast.sam.id)
        user.granted_rights = user.rights = Right.EXPORTS
    sam = Visitor(app).sign_in(cast.sam)
    assert not sam.get(PATH).all("li", id=True)
    sam.post(f"{PATH}/schedules/1/delete", status=404)


def test_pages_lead_on(ada: Visitor, app: Flask, cast: Cast) -> None:
    with factories.writing(app):
        for _ in range(PAGE + 1):
            table_exports.ask(actor=cast.ada, order=PEOPLE).state = TableExportState.EXPIRED
            db.session.flush()
    first = ada.get(PATH)
    second = ada.get(first.one("a", rel="next")["href"])
    assert [len(page.all("li", id=True)) for page in (first, second)] == [PAGE, 1]
