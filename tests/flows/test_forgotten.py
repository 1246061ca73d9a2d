"""Whoever was forgotten is in no row of any table, whatever they did here; the others keep theirs.

A new table that holds something about people shows here, once somebody in these stories fills it.
"""

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from jobs.exports import export_person
from jobs.outbox import send_due
from portal import clock, request_context
from portal.extensions import db
from portal.models.organizations import Organization
from portal.models.people import AccountEvent, Actor, OrganizationRole, Role, User
from portal.models.tickets import Ticket, TicketStatus
from portal.services.privacy.privacy_requests import UNDO_FOR
from portal.services.tickets import tickets
from tests import factories, totp
from tests.cast import PASSWORD, Cast
from tests.databases import everything_stored
from tests.mailbox import Mailbox
from tests.page import Visitor
from tests.registration import open_account
from tests.sweeping import sweep
from tests.waiting import PATIENCE

Visit = Callable[[], Visitor]
FIRST, SECOND = "zora.first@example.com", "zora.second@example.net"
NAMES = {"first_name": "Zora", "last_name": "Zimmermann"}
ADDRESS, BROWSER = "203.0.113.77", "Zorascope/7.7"
PROFILE = {
    **NAMES,
    "username": "zorazi",
    "phone": "+79161234567",
    "inn": "7707083893",
    "locale": "ru",
    "timezone": "Asia/Omsk",
    "signature": "",
}
WORDS = "Ask for me at the blue gate."
TRACES = (
    *("zora", "zimmermann", ADDRESS, "79161234567", "7707083893", "omsk", "nightly-robot"),
    WORDS.lower(),
)


def traces(app: Flask) -> list[str]:
    stored = everything_stored(app).lower()
    return [trace for trace in TRACES if trace in stored]


def person(app: Flask, email: str) -> Actor:
    with app.app_context():
        return db.session.scalars(select(User).where(User.email == email)).one().actor


def run_sweeps(app: Flask) -> None:
    """After two weeks: one forgets, the next sends the goodbye and forgets its address.

    Minutes later one removes the files of mails.
    """
    request_context.current.set(request_context.Origin())  # a worker serves no requests
    for later in (timedelta(seconds=1), timedelta(seconds=2), timedelta(minutes=5)):
        with time_machine.travel(clock.now() + UNDO_FOR + later), app.app_context():
            send_due(PATIENCE)
            sweep()


@pytest.fixture
def zora(visit: Visit) -> Visitor:
    """Her browser."""
    browser = visit()
    browser.http.environ_base["REMOTE_ADDR"] = ADDRESS
    browser.http.environ_base["HTTP_USER_AGENT"] = BROWSER
    return browser


def live(app: Flask, zora: Visitor, mailbox: Mailbox) -> None:
    """Everything that somebody does with an account of their own."""
    open_account(zora, mailbox, FIRST, **NAMES)
    zora.post("/auth/login", {"email": FIRST, "password": "wrong"}, status=422)
    zora.post("/auth/login", {"email": FIRST, "password": PASSWORD})
    zora.post("/account/", PROFILE)
    zora.post("/account/email", {"email": SECOND, "password": PASSWORD})
    zora.post(mailbox.link(SECOND, "new-email"))
    zora.post("/auth/login", {"email": SECOND, "password": PASSWORD})
    credentials = {"email": SECOND, "password": PASSWORD}
    assert zora.http.post("/api/v1/auth/login", json=credentials).status_code == 200
    fields = {"name": "nightly-robot", "scope": "read", "expires": "90"}
    made = zora.follow(zora.post("/account/keys", fields))
    key = made.one("input", id="key")["value"]
    bearer = {"Authorization": f"Bearer {key}"}
    assert zora.http.get("/api/v1/users/me", headers=bearer).status_code == 200
    app.extensions["lodge.api_log"].flush()
    totp.set_up(app, person(app, SECOND))
    zora.post("/auth/forgot", {"email": SECOND})
    file = (io.BytesIO(b"bytes"), "pump.txt")
    message = {"subject": "The pump", "message": "It leaks.", "priority": "low"}
    zora.post("/tickets/new", {**message, "attachments": file})
    zora.post("/tickets/REQ000001/status", {"status": "solved"})
    zora.post("/tickets/REQ000001/rating", {"rating": "bad", "comment": WORDS})
    zora.post("/tickets/REQ000001/rating", {"rating": "good", "comment": ""})
    zora.post("/tickets/REQ000001/rating", {"rating": "good", "comment": f"{WORDS} Ring."})


def be_known_to_others(
    app: Flask, cast: Cast, visit: Visit, zora: Visitor, mailbox: Mailbox
) -> None:
    """Invited, given a role, written to; somebody tries to take the address over."""
    ann, carl, sam = (visit().enter(who) for who in (cast.ann, cast.carl, cast.sam))
    ann.post("/account/organization/invitations", {"email": SECOND, "role": "user"})
    zora.post(mailbox.link(SECOND, "invitations"))
    zora_id = person(app, SECOND).id
    ann.post(f"/account/organization/members/{zora_id}/role", {"role": "admin"})
    carl.post("/account/email", {"email": SECOND, "password": PASSWORD})
    sam.post("/tickets/REQ000001/comments", {"message": "On our way.", "version": "1"})
    with factories.writing(app):
        heir = db.session.get_one(User, cast.ann.id)
        assert heir.organization_role == OrganizationRole.OWNER


def ask(app: Flask, zora: Visitor) -> None:
    """Sign in once more, for the role is new; ask for a copy, then to be forgotten."""
    with factories.writing(app):
        user = db.session.get_one(User, person(app, SECOND).id)
        user.totp_counter = None
    zora.post("/auth/login", {"email": SECOND, "password": PASSWORD})
    zora.post("/account/privacy/exports")
    with app.app_context():
        export_person(1)
    zora.post("/account/privacy/deletion", {"password": PASSWORD})


def test_a_customer_leaves_no_trace_but_the_tickets(
    app: Flask, cast: Cast, visit: Visit, zora: Visitor, mailbox: Mailbox
) -> None:
    live(app, zora, mailbox)
    be_known_to_others(app, cast, visit, zora, mailbox)
    ask(app, zora)
    assert traces(app) == list(TRACES), "the story does not plant what it looks for"
    run_sweeps(app)
    assert traces(app) == []
    assert mailbox.subjects(SECOND) == ["Ваша учётная запись удалена"]  # she reads Russian
    assert mailbox.sent(FIRST) == []
    ticket = visit().enter(cast.sam).get("/tickets/REQ000001")
    assert "It leaks." in ticket.words and "Deleted user rated this good" in ticket.words
    assert len(list((mailbox.folder.parent / "files").glob("*/*/*"))) == 1, (
        "the copy is still there"
    )
    mates = visit().enter(cast.ann).get("/account/organization")
    assert "Deleted user" not in mates.words and "zora" not in mates.text.lower()
    assert "The pump" in visit().enter(cast.ann).get("/tickets/?state=all").words
    zora.post("/auth/login", {"email": SECOND, "password": PASSWORD}, status=422)
    assert "/auth/login" in zora.get("/account/", status=303).location


def test_the_kinds_of_what_happened_stay_as_proof(
    app: Flask, cast: Cast, visit: Visit, zora: Visitor, mailbox: Mailbox
) -> None:
    live(app, zora, mailbox)
    ask(app, zora)
    user_id = person(app, SECOND).id
    run_sweeps(app)
    with app.app_context():
        query = select(AccountEvent).where(AccountEvent.user_id == user_id)
        events = list(db.session.scalars(query.order_by(AccountEvent.id)))
    assert {"registered", "email_changed", "key_made"} <= {event.kind for event in events}
    assert events[-1].kind == "pseudonymised"
    assert {(e.address, e.user_agent, str(e.data)) for e in events} == {("", "", "{}")}
    page = visit().enter(cast.ada).get("/admin/privacy")
    assert "Done" in page.one("li", id="request-2").text
    assert "Deleted user" in page.one("li", id="request-2").text


def test_the_address_is_free_again(
    app: Flask, cast: Cast, visit: Visit, zora: Visitor, mailbox: Mailbox
) -> None:
    live(app, zora, mailbox)
    ask(app, zora)
    run_sweeps(app)
    again = visit()
    open_account(again, mailbox, SECOND, **NAMES)
    assert "The pump" not in again.get("/tickets/").words


def test_staff_leave_their_answers_and_no_name(
    app: Flask, cast: Cast, visit: Visit, mailbox: Mailbox
) -> None:
    with factories.writing(app):
        hashed = db.session.get_one(User, cast.sam.id).password_hash
        zora = factories.user(FIRST, role=Role.STAFF, password_hash=hashed, **NAMES)
        zora_id = zora.id
        organization = db.session.get_one(Organization, zora.organization_id)
        organization.name = "Zora Zimmermann"
    hers, open_one = (factories.file_ticket(app, cast.bob, word) for word in ("Pump", "Valve"))
    with factories.writing(app):
        staff = db.session.get_one(User, zora_id)
        for filed in (hers, open_one):
            ticket = db.session.get_one(Ticket, filed.id)
            tickets.assign(actor=cast.sam, ticket=ticket, assignee=staff)
        solved = db.session.get_one(Ticket, hers.id)
        tickets.set_status(actor=cast.sam, ticket=solved, status=TicketStatus.SOLVED)
    mailbox.sent(FIRST)
    browser = visit().enter(person(app, FIRST))
    browser.post(f"/tickets/{hers.number}/comments", {"message": "Try again.", "version": "9"})
    browser.post("/account/privacy/deletion", {"password": PASSWORD})
    assert "zora" in traces(app)
    run_sweeps(app)
    assert not {"zora", "zimmermann"} & set(traces(app))
    sam = visit().enter(cast.sam)
    page = sam.get(f"/tickets/{hers.number}")
    assert "Try again." in page.words and f"assigned this to USR{zora_id:06d}" in page.words
    queue = sam.get("/tickets/queue?view=unassigned")
    assert "Valve" in queue.words and "Pump" not in queue.words
