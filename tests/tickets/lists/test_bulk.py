from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models.tickets import Ticket
from tests import factories
from tests.cast import Cast
from tests.page import Visitor

BULK = "/tickets/queue/bulk"


@pytest.fixture
def numbers(app: Flask, cast: Cast) -> list[str]:
    return [factories.file_ticket(app, cast.ann, f"Matter {n}").number for n in range(3)]


def values(app: Flask, column: str) -> list[object]:
    with app.app_context():
        return list(db.session.scalars(select(getattr(Ticket, column)).order_by(Ticket.id)))


def test_chosen_tickets_change_together_and_go_back_together(
    client: Visitor, app: Flask, cast: Cast, numbers: list[str]
):
    client.sign_in(cast.sam)
    fields = {"numbers": numbers[:2], "action": "status", "value": "pending"}
    page = client.follow(client.post(BULK, {**fields, "next": "/tickets/queue?view=all"}))
    assert "2 tickets changed." in page.words
    assert values(app, "status") == ["pending", "pending", "new"]
    token = page.one("form", action="/tickets/queue/undo").one("input", name="token")["value"]
    page = client.follow(client.post("/tickets/queue/undo", {"token": token}))
    assert "2 tickets set back." in page.words
    assert values(app, "status") == ["new", "new", "new"]


def test_each_of_several_actions_is_undone_beside_its_own_words(
    client: Visitor, app: Flask, cast: Cast, numbers: list[str]
):
    client.sign_in(cast.sam)
    for value in ("pending", "on_hold"):
        client.post(BULK, {"numbers": numbers[:1], "action": "status", "value": value})
    page = client.get("/tickets/queue")
    forms = page.all("form", action="/tickets/queue/undo")
    tokens = [form.one("input", name="token")["value"] for form in forms]
    assert len(set(tokens)) == len(tokens) == 2
    client.post("/tickets/queue/undo", {"token": tokens[1]})
    assert values(app, "status")[0] == "pending"


@pytest.mark.parametrize("url", ["//[", "http://[x", "%00", "?q=%ff", "x" * 3000])
def test_a_page_to_come_back_to_that_is_none_leads_to_the_queue(
    client: Visitor, cast: Cast, numbers: list[str], url: str
):
    fields = {"numbers": numbers[:1], "action": "status", "value": "pending", "next": url}
    client.sign_in(cast.sam)
    assert client.post(BULK, fields, 200, htmx=True).all("hx-partial")
    client.post(BULK, fields)


@pytest.mark.parametrize(
    ("action", "value", "column", "after"),
    [
        ("status:solved", "", "status", "solved"),
        ("priority", "urgent", "priority", 4),
        ("assign:me", "", "assignee_id", "sam"),
        ("assign", "none", "assignee_id", None),
    ],
)
def test_every_action_works(
    client: Visitor,
    app: Flask,
    cast: Cast,
    numbers: list[str],
    action: str,
    value: str,
    column: str,
    after: object,
):
    client.sign_in(cast.sam).post(BULK, {"numbers": numbers, "action": action, "value": value})
    assert values(app, column) == [cast.sam.id if after == "sam" else after] * 3


def test_a_tag_is_added_to_what_is_there(
    client: Visitor, app: Flask, cast: Cast, numbers: list[str]
):
    client.sign_in(cast.sam)
    client.post(f"/tickets/{numbers[0]}/tags", {"tags": "old"})
    client.post(BULK, {"numbers": numbers, "action": "tag", "value": "vpn"})
    words = client.get(f"/tickets/{numbers[0]}").one("input", name="tags")["value"]
    assert words == "old, vpn"


def test_htmx_gets_the_list_anew_and_what_was_done(client: Visitor, cast: Cast, numbers: list[str]):
    client.sign_in(cast.sam)
    fields = {"numbers": numbers, "action": "status:solved", "next": "/tickets/queue?view=all"}
    page = client.post(BULK, fields, status=200, htmx=True)
    assert page.one(id="queue")
    assert "3 tickets changed." in page.one(id="flash").text
    assert page.one("form", action="/tickets/queue/undo")


@pytest.mark.parametrize(
    "fields",
    [
        {"action": "delete"},
        {"action": "status", "value": "lost"},
        {"action": "priority", "value": ""},
        {"action": "assign", "value": "x"},
        {"action": "tag", "value": ""},
        {"action": "tag", "value": "two words"},
        {},
    ],
)
def test_malformed_actions_change_nothing(
    client: Visitor, app: Flask, cast: Cast, numbers: list[str], fields: dict[str, str]
):
    client.sign_in(cast.sam).post(BULK, {"numbers": numbers, **fields}, status=422)
    assert values(app, "version") == [1, 1, 1]


def test_one_unknown_number_stops_all(client: Visitor, app: Flask, cast: Cast, numbers: list[str]):
    fields = {"numbers": [*numbers, "REQ999999"], "action": "status:solved"}
    client.sign_in(cast.sam).post(BULK, fields, status=404)
    assert values(app, "status") == ["new"] * 3


def test_nothing_chosen_is_said(client: Visitor, cast: Cast):
    client.sign_in(cast.sam)
    page = client.follow(client.post(BULK, {"action": "status:solved"}))
    assert "Choose tickets first." in page.words


def test_only_staff_and_only_their_own_undo(
    visit: Callable[[], Visitor], app: Flask, cast: Cast, numbers: list[str]
):
    fields = {"numbers": numbers, "action": "status:solved"}
    visit().sign_in(cast.ann).post(BULK, fields, status=404)
    assert visit().post(BULK, fields).location == "/auth/login"
    assert values(app, "status") == ["new"] * 3
    sam = visit().sign_in(cast.sam)
    page = sam.follow(sam.post(BULK, fields))
    token = page.one("form", action="/tickets/queue/undo").one("input", name="token")["value"]
    visit().sign_in(cast.sue).post("/tickets/queue/undo", {"token": token}, status=404)
    visit().sign_in(cast.ann).post("/tickets/queue/undo", {"token": token}, status=404)
    assert values(app, "status") == ["solved"] * 3


def test_tickets_go_to_the_trash_together_and_come_back_closed_ones_too(
    client: Visitor, app: Flask, cast: Cast, numbers: list[str]
):
    client.sign_in(cast.sam)
    client.post(f"/tickets/{numbers[0]}/status", {"status": "closed"})
    page = client.follow(client.post(BULK, {"numbers": numbers[:2], "action": "trash"}))
    assert "2 tickets moved to the trash." in page.one(id="flash").text
    assert "closed" not in page.one(id="flash").text
    assert [bool(moment) for moment in values(app, "deleted_at")] == [True, True, False]
    token = page.one("form", action="/tickets/queue/undo").one("input", name="token")["value"]
    client.post(f"/tickets/{numbers[1]}/restore")
    page = client.follow(client.post("/tickets/queue/undo", {"token": token}))
    text = page.one(id="flash").text
    assert f"1 ticket set back. 1 was changed meanwhile and stays as it is: {numbers[1]}." in text
    assert values(app, "deleted_at") == [None] * 3
    assert values(app, "status") == ["closed", "new", "new"]


def test_an_undo_passes_over_what_is_in_the_trash_and_says_so(
    client: Visitor, app: Flask, cast: Cast, numbers: list[str]
):
    client.sign_in(cast.sam)
    fields = {"numbers": numbers, "action": "status", "value": "pending"}
    page = client.follow(client.post(BULK, fields))
    token = page.one("form", action="/tickets/queue/undo").one("input", name="token")["value"]
    client.post(f"/tickets/{numbers[1]}/trash")
    client.post(f"/tickets/{numbers[2]}/status", {"status": "open"})
    page = client.follow(client.post("/tickets/queue/undo", {"token": token}))
    told = page.one(id="flash").text
    assert "1 ticket set back." in told
    assert f"1 is in the trash and stays there: {numbers[1]}." in told
    assert f"1 was changed meanwhile and stays as it is: {numbers[2]}." in told
    assert values(app, "status") == ["new", "pending", "open"]
