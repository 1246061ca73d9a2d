"""Tickets by the API: who sees and does what, filters, pages, versions, the trash."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models.people import User
from portal.models.tickets import EventKind, TicketCount, TicketEvent, TicketStatus
from portal.queries.tickets import trash
from portal.services.tickets import tickets as services
from tests import factories
from tests.api.api_client import Reply
from tests.api.conftest import Call
from tests.cast import Cast
from tests.databases import BOTH
from tests.factories import Filed
from tests.mailbox import Mailbox
from tests.page import Visitor
from tests.statements import statements

ANY_VERSION = {"If-Match": "*"}
NEW = {"subject": "No hot water", "message": "Since **this morning**."}


def numbers(reply: Reply) -> list[str]:
    return [item["number"] for item in reply.json["items"]]


@pytest.fixture
def three(app: Flask, cast: Cast) -> list[Filed]:
    """One ticket each of Ann's, Bob's and Carl's."""
    return [factories.file_ticket(app, person) for person in (cast.ann, cast.bob, cast.carl)]


def test_a_ticket_is_filed_and_read(call: Call, cast: Cast, mailbox: Mailbox) -> None:
    bob = call(cast.bob)
    reply = bob.post("/tickets", {**NEW, "priority": "high"}, 201)
    assert reply.headers["Location"] == "/api/v1/tickets/REQ000001"
    assert reply.headers["ETag"] == '"1"'
    ticket = reply.json
    assert (ticket["status"], ticket["priority"], ticket["version"]) == ("new", "high", 1)
    assert ticket["requester"] == {"id": "USR000002", "name": "Bob Baker"}
    assert ticket["organization"] == {"id": "ORG000001", "name": "Acme"}
    assert (ticket["assignee"], ticket["tags"], ticket["solved_at"]) == (None, [], None)
    assert bob.get("/tickets/REQ000001").json == ticket
    (comment,) = bob.get("/tickets/REQ000001/comments").json["items"]
    assert (comment["message"], "<strong>" in comment["html"]) == (NEW["message"], True)
    assert len(mailbox.sent("bob@example.com")) == 1


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({**NEW, "subject": "x" * 251}, {"subject": ["too_long"]}),
        ({**NEW, "subject": " \n "}, {"subject": ["required"]}),
        ({**NEW, "message": "x" * 65_537}, {"message": ["too_long"]}),
        ({**NEW, "message": "a\0"}, {"message": ["nul"]}),
        ({**NEW, "priority": "huge"}, {"priority": ["unknown"]}),
        ({**NEW, "channel": "owl"}, {"channel": ["unknown"]}),
        ({**NEW, "channel": None}, {"channel": ["null"]}),
        ({**NEW, "tags": "no list"}, {"tags": ["type"]}),
        ({**NEW, "tags": ["a", 5]}, {"tags.1": ["type"]}),
        ({**NEW, "tags": ["a"] * 21}, {"tags": ["too_many_items"]}),
    ],
    ids=str,
)
def test_what_is_wrong_is_named(
    call: Call, cast: Cast, body: dict[str, Any], errors: dict[str, list[str]]
) -> None:
    ann = call(cast.ann)
    assert ann.post("/tickets", body, 422).errors == errors
    assert ann.get("/tickets").json == {"items": [], "next": None}


def test_tags_are_the_desks_own_business(call: Call, cast: Cast) -> None:
    assert call(cast.ann).post("/tickets", {**NEW, "tags": ["vpn"]}, 403).code == "forbidden"
    filed = call(cast.sam).post("/tickets", {**NEW, "tags": ["VPN", "a b"]}, 201).json
    assert (filed["tags"], filed["version"]) == (["a", "b", "vpn"], 2)
    assert call(cast.ann).get("/tickets?tag=vpn", 403).code == "forbidden"
    assert numbers(call(cast.sam).get("/tickets?tag=vpn")) == [filed["number"]]


@pytest.mark.threat("notes and secrets shown")
def test_customers_never_see_tags(app: Flask, call: Call, cast: Cast, three: list[Filed]) -> None:
    number = three[0].number
    call(cast.sam).patch(f"/tickets/{number}", {"tags": ["vip"]}, headers={"If-Match": "*"})
    assert call(cast.sam).get(f"/tickets/{number}").json["tags"] == ["vip"]
    ann = call(cast.ann)
    assert ann.get(f"/tickets/{number}").json["tags"] == []
    assert b"vip" not in ann.get("/tickets").body


@pytest.mark.threat("notes and secrets shown")
def test_by_which_way_it_came_is_the_desks_own_business(call: Call, cast: Cast) -> None:
    ann, sam = call(cast.ann), call(cast.sam)
    assert ann.post("/tickets", {**NEW, "channel": "page"}, 403).code == "forbidden"
    assert ann.get("/tickets?channel=api", 403).code == "forbidden"
    filed = ann.post("/tickets", NEW, 201).json
    path = f"/tickets/{filed['number']}"
    assert [filed["channel"], ann.get(path).json["channel"]] == [None, None]
    assert [item["channel"] for item in ann.get("/tickets").json["items"]] == [None]
    assert sam.get(path).json["channel"] == "api"
    assert sam.post("/tickets", {**NEW, "channel": "import"}, 201).json["channel"] == "import"
    assert numbers(sam.get("/tickets?channel=api")) == [filed["number"]]


@pytest.mark.threat("foreign rows")
def test_everybody_lists_what_they_may_see(call: Call, cast: Cast, three: list[Filed]) -> None:
    anns, bobs, carls = (ticket.number for ticket in three)
    assert numbers(call(cast.ann).get("/tickets")) == [bobs, anns]
    assert numbers(call(cast.bob).get("/tickets")) == [bobs]
    assert numbers(call(cast.carl).get("/tickets")) == [carls]
    assert numbers(call(cast.sam).get("/tickets")) == [carls, bobs, anns]


ADDRESSES = [
    ("GET", ""),
    ("PATCH", ""),
    ("DELETE", ""),
    ("GET", "/comments"),
    ("POST", "/comments"),
    ("GET", "/attachments"),
]
BODIES = {"PATCH": {"status": "solved"}, "POST": {"message": "Hello"}}


@pytest.mark.threat("foreign rows")
@pytest.mark.parametrize(("method", "address"), ADDRESSES)
def test_a_foreign_ticket_is_as_unknown_as_none(
    call: Call, cast: Cast, three: list[Filed], method: str, address: str
) -> None:
    stranger = call(cast.carl)
    options: dict[str, Any] = {"json": BODIES.get(method), "headers": {"If-Match": "*"}}
    answers = []
    for number in (three[0].number, "REQ999999", "REQ000099999999999999999", "1", "REQ1"):
        reply = stranger.call(method, f"/tickets/{number}{address}", 404, **options)
        answers.append({**reply.json, "request_id": ""})
    assert all(answer == answers[0] for answer in answers)


@pytest.mark.threat("foreign rows")
def test_a_customers_filter_opens_no_other_organization(
    call: Call, cast: Cast, three: list[Filed]
) -> None:
    ann = call(cast.ann)
    assert numbers(ann.get("/tickets?organization=ORG000002")) == []
    assert len(numbers(ann.get("/tickets?organization=ORG000001"))) == 2
    assert numbers(ann.get("/tickets?requester=USR000003")) == []


@pytest.mark.parametrize("sort", ["-updated_at", "updated_at", "-created_at", "-priority"])
@BOTH
def test_pages_stay_whole_while_tickets_come_in(
    app: Flask, call: Call, cast: Cast, sort: str
) -> None:
    for number in range(7):
        factories.file_ticket(app, cast.ann, f"Matter {number}")
    sam = call(cast.sam)
    seen: list[str] = []
    cursor = ""
    while True:
        page = sam.get(f"/tickets?limit=2&sort={sort}&cursor={cursor}")
        seen += numbers(page)
        if sort != "updated_at":
            factories.file_ticket(app, cast.carl, "Another")
        if page.json["next"] is None or len(seen) > 20:
            break
        cursor = page.json["next"]
    assert len(seen) == len(set(seen))
    assert {f"REQ00000{number}" for number in range(1, 8)} <= set(seen)


def test_a_change_names_the_version_that_it_is_a_change_of(
    app: Flask, call: Call, cast: Cast, three: list[Filed]
) -> None:
    sam, path = call(cast.sam), f"/tickets/{three[0].number}"
    assert sam.patch(path, {"priority": "low"}, 428).code == "version_needed"
    etag = sam.get(path).headers["ETag"]
    changed = sam.patch(path, {"priority": "low"}, headers={"If-Match": etag})
    assert changed.headers["ETag"] == '"2"'
    for stale in (etag, "nonsense", '"0"', 'W/"2"', '"2x"', ""):
        reply = sam.patch(path, {"priority": "high"}, 412, headers={"If-Match": stale})
        assert reply.code == "version_changed"
    assert sam.get(path).json["priority"] == "low"
    sam.patch(path, {"priority": "high"}, headers={"If-Match": '"1", "2"'})
    sam.patch(path, {"priority": "medium"}, headers={"If-Match": "*"})


@pytest.mark.parametrize(
    ("method", "address", "body"),
    [
        ("PATCH", "", {"status": "open"}),
        ("DELETE", "", None),
        ("PUT", "/status", {"status": "open"}),
        ("PUT", "/assignee", {"assignee": "me"}),
    ],
)
def test_every_change_does(
    call: Call,
    cast: Cast,
    three: list[Filed],
    method: str,
    address: str,
    body: dict[str, str] | None,
) -> None:
    sam, path = call(cast.sam), f"/tickets/{three[0].number}{address}"
    sam.call(method, path, 428, json=body)
    sam.call(method, path, 412, json=body, headers={"If-Match": '"9"'})
    sam.call(method, path, 204 if body is None else 200, json=body, headers={"If-Match": '"1"'})


def test_staff_change_all_that_there_is(call: Call, cast: Cast, three: list[Filed]) -> None:
    sam = call(cast.sam)
    change = {
        "subject": "Cold water",
        "status": "pending",
        "priority": "urgent",
        "assignee": "USR000005",
        "tags": ["b", "a"],
    }
    path = f"/tickets/{three[0].number}"
    changed = sam.patch(path, change, headers={"If-Match": '"1"'}).json
    assert (changed["subject"], changed["status"]) == ("Cold water", "pending")
    assert (changed["priority"], changed["tags"]) == ("urgent", ["a", "b"])
    assert changed["assignee"] == {"id": "USR000005", "name": "Sue Stone"}
    assert numbers(sam.get("/tickets?q=cold")) == [three[0].number]
    for nobody in ("none", None):
        freed = sam.patch(path, {"assignee": nobody}, headers={"If-Match": "*"}).json
        assert freed["assignee"] is None
        sam.put(f"{path}/assignee", {"assignee": "me"}, headers={"If-Match": "*"})
    freed = sam.put(f"{path}/assignee", {"assignee": "none"}, headers={"If-Match": "*"}).json
    assert freed["assignee"] is None
    assert sam.patch(path, {}, headers={"If-Match": "*"}).json == freed


@pytest.mark.parametrize(
    ("change", "field"), [({"assignee": ""}, "assignee"), ({"tags": ["a", "  "]}, "tags.1")]
)
def test_what_is_empty_names_nothing(
    call: Call, cast: Cast, three: list[Filed], change: dict[str, Any], field: str
) -> None:
    path = f"/tickets/{three[0].number}"
    reply = call(cast.sam).patch(path, change, 422, headers={"If-Match": "*"})
    assert reply.errors == {field: ["required"]}


@BOTH
def test_a_change_is_done_whole_or_not_at_all(call: Call, cast: Cast, three: list[Filed]) -> None:
    sam, path = call(cast.sam), f"/tickets/{three[0].number}"
    before = sam.get(path).json
    wrong = {"priority": "urgent", "assignee": "USR000001"}
    reply = sam.patch(path, wrong, 422, headers={"If-Match": "*"})
    assert reply.errors == {"assignee": ["not_staff"]}
    assert sam.get(path).json == before


@pytest.mark.threat("rights kept or taken")
@pytest.mark.parametrize(
    "change",
    [{"priority": "low"}, {"assignee": "me"}, {"tags": []}, {"subject": "x"}, {"status": "open"}],
    ids=str,
)
def test_customers_close_and_reopen_and_no_more(
    call: Call, cast: Cast, three: list[Filed], change: dict[str, Any]
) -> None:
    bob, path = call(cast.bob), f"/tickets/{three[1].number}"
    every = {"If-Match": "*"}
    if "status" in change:
        bob.patch(path, {"status": "pending"}, 403, headers=every)
        bob.patch(path, {"status": "solved"}, headers=every)
        assert bob.patch(path, change, headers=every).json["status"] == "open"
    else:
        assert bob.patch(path, change, 403, headers=every).code == "forbidden"
    bob.delete(path, 403, headers=every)
    # A colleague's ticket is not even there for a plain user.
    bob.patch(f"/tickets/{three[0].number}", change, 404, headers=every)


def test_closed_is_final(call: Call, cast: Cast, three: list[Filed]) -> None:
    sam, path = call(cast.sam), f"/tickets/{three[0].number}"
    every = {"If-Match": "*"}
    closed = sam.put(f"{path}/status", {"status": "closed"}, headers=every).json
    assert closed["solved_at"]
    assert sam.put(f"{path}/status", {"status": "open"}, 409, headers=every).code == "ticket_closed"
    sam.put(f"{path}/assignee", {"assignee": "me"}, 409, headers=every)
    sam.patch(path, {"subject": "x"}, 409, headers=every)
    sam.post(f"{path}/comments", {"message": "Too late"}, 409)


def test_staff_give_tickets_to_each_other(
    call: Call, cast: Cast, three: list[Filed], mailbox: Mailbox
) -> None:
    sam, path = call(cast.sam), f"/tickets/{three[0].number}/assignee"
    given = sam.put(path, {"assignee": "USR000005"}, headers={"If-Match": "*"}).json
    assert given["assignee"]["name"] == "Sue Stone"
    assert len(mailbox.sent("sue@example.com")) == 1
    for nobody in ("USR000999", "x", "USR000001"):
        sam.put(path, {"assignee": nobody}, 422, headers={"If-Match": "*"})
    assert sam.put(path, {"assignee": None}, headers={"If-Match": "*"}).json["assignee"] is None


def counted(app: Flask) -> int:
    with app.app_context():
        return sum(db.session.scalars(select(TicketCount.tickets)))


def test_what_is_in_the_trash_is_nowhere(
    app: Flask, call: Call, cast: Cast, three: list[Filed], visit: Callable[[], Visitor]
) -> None:
    gone, sam = three[0], call(cast.sam)
    sam.delete(f"/tickets/{gone.number}", headers={"If-Match": '"1"'})
    for person in (cast.ann, cast.sam, cast.ada):
        reader = call(person)
        reader.get(f"/tickets/{gone.number}", 404)
        reader.get(f"/tickets/{gone.number}/comments", 404)
        assert gone.number not in numbers(reader.get("/tickets"))
        assert numbers(reader.get(f"/tickets?q={gone.number}")) == []
        visit().sign_in(person).get(f"/tickets/{gone.number}", status=404)
    assert gone.number not in numbers(sam.get("/tickets?q=hot+water"))
    assert gone.number not in visit().sign_in(cast.sam).get("/tickets/queue?view=all").words
    assert counted(app) == 2
    sam.delete(f"/tickets/{gone.number}", 404, headers={"If-Match": "*"})


def test_mail_that_is_owed_for_it_is_not_sent(
    call: Call, cast: Cast, three: list[Filed], mailbox: Mailbox
) -> None:
    call(cast.sam).delete(f"/tickets/{three[0].number}", headers={"If-Match": "*"})
    assert mailbox.sent("ann@example.com") == []
    assert len(mailbox.sent("bob@example.com")) == 1


def test_it_comes_back_as_it_was(app: Flask, call: Call, cast: Cast, three: list[Filed]) -> None:
    sam, path = call(cast.sam), f"/tickets/{three[0].number}"
    before = sam.get(path).json
    sam.delete(path, headers={"If-Match": "*"})
    with factories.writing(app):
        ticket = trash.find(cast.sam, three[0].number)
        assert services.restore(actor=cast.sam, ticket=ticket)
        assert not services.restore(actor=cast.sam, ticket=ticket)
    after = sam.get(path).json
    changed = {"version", "updated_at"}
    assert {k: v for k, v in after.items() if k not in changed} == {
        k: v for k, v in before.items() if k not in changed
    }
    assert (after["version"], counted(app)) == (3, 3)
    with app.app_context():
        kinds = set(db.session.scalars(select(TicketEvent.kind)))
    assert {EventKind.DELETED, EventKind.RESTORED} <= kinds


def fill(app: Flask, cast: Cast, tickets: int) -> None:
    with factories.writing(app):
        for number in range(tickets):
            ticket = services.file(actor=cast.ann, subject=f"Matter {number}", message="Help.")
            services.set_tags(actor=cast.sam, ticket=ticket, names=["network"])
            services.assign(
                actor=cast.sam, ticket=ticket, assignee=db.session.get_one(User, cast.sam.id)
            )
            services.set_status(actor=cast.sam, ticket=ticket, status=TicketStatus.OPEN)


@pytest.mark.parametrize("person", ["ann", "bob", "sam"])
def test_fifty_tickets_and_one_are_at_most_three_questions(
    app: Flask, call: Call, cast: Cast, person: str
) -> None:
    fill(app, cast, 50)
    reader = call(getattr(cast, person))
    for path in ("/tickets?limit=50", "/tickets?status=open&assignee=USR000004", "/tickets?q=help"):
        with statements(app) as asked:
            reader.get(path)
        assert 0 < len(asked) <= 3
    if person != "bob":
        with statements(app) as asked:
            assert reader.get("/tickets/REQ000001").json["assignee"]["name"] == "Sam Smith"
        assert 0 < len(asked) <= 3


def test_whatever_a_request_changes_is_counted_once(app: Flask, call: Call, cast: Cast) -> None:
    sam = call(cast.sam)
    change = {"priority": "high", "assignee": "me", "status": "pending"}
    for send in (
        lambda: sam.post("/tickets", {**NEW, **change, "assignee": "me"}, 201),
        lambda: sam.patch("/tickets/REQ000001", {**change, "status": "open"}, headers=ANY_VERSION),
    ):
        with statements(app) as seen:
            send()
        assert sum(text.startswith("INSERT INTO ticket_counts") for text in seen) == 1
