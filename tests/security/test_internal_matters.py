"""What staff do among themselves leaves no trace in any answer that a customer gets.

Every address that can be looked at is asked by a requester and by an owner, as a page, a fragment
and a program, before and after each such action. But for what is new in each answer anyway (tokens,
the number of the request, limits), every byte is the same.
"""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import unified_diff
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from werkzeug.test import TestResponse

from jobs.exports import export_person
from portal import clock
from portal.extensions import db, limiter
from portal.models.delivery import Outbox, OutboxState
from portal.models.organizations.organization import format_id as organization_number
from portal.models.people import Actor
from portal.models.people.user import format_id
from portal.models.privacy import PrivacyRequest
from portal.models.tickets import EventKind, ParticipantWay, Ticket, TicketEvent
from portal.models.tickets.ticket import parse_number
from portal.models.tickets.ticket_event import INTERNAL_KINDS
from portal.models.webhooks import WebhookDelivery, WebhookEvent
from portal.queries.webhooks import outgoing
from portal.security.delivery import outbound
from portal.services.privacy import privacy_requests
from portal.services.tickets import changes, follow_ups, participants, scheduled
from portal.services.webhooks import webhooks
from portal.webhook_payloads import payload
from tests import factories
from tests.api.api_client import ROOT, ApiClient, key_of
from tests.cast import Cast
from tests.page import Visitor

pytestmark = pytest.mark.threat("notes and secrets shown")

NUMBER = "REQ000001"
# What stands for the parameters of addresses; all others are 1.
PLACES = {"number": NUMBER, "path": "css/app.css", "id": "me"}
QUERIES = {
    "/tickets/": [
        *("status=open", "q=boiler", "q=secret", "cursor=9999999999999999.9", "whose=shared"),
    ],
    "/api/v1/tickets": [
        *(f"sort={sort}" for sort in ("updated_at", "-updated_at", "created_at", "-created_at")),
        "q=boiler",
        "q=secret",
        "limit=1",
        "requester=me",
        "participant=me",
    ],
}
# Another one in each answer.
NOISE = [
    r'(?<=name="csrf_token" value=")[^"]*',
    r'(?<="X-CSRFToken":\s")[^"]*',
    r'(?<=data-live-since=")[^"]*',
    r"nonce[-=][^ ;>]*",
]
# Streams: tests/web/live_updates/test_hub.py. Metrics are for operators, on the same machine.
NOT_ASKED = {"tickets.watch", "tickets.watch_queue", "metrics"}
NOISY_HEADERS = {"X-Request-ID", "Set-Cookie", "Date"}
FILED = datetime.fromisoformat("2026-06-01T09:00:00+00:00")
ASKED = FILED + timedelta(hours=2)


@dataclass
class Desk:
    """Bob's ticket, answered, and a newer one of his; Ann's webhook; Sam at work."""

    app: Flask
    cast: Cast
    sam: Visitor
    api_client: ApiClient

    def page(self, action: str, status: int = 303, **fields: Any) -> None:
        self.sam.post(f"/tickets/{action}", fields, status)

    def version(self) -> dict[str, str]:
        with self.app.app_context():
            return {"If-Match": f'"{db.session.get_one(Ticket, 1).version}"'}


@pytest.fixture
def desk(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(limiter, "enabled", False)
    with clock.at(FILED):
        with factories.writing(app):
            webhooks.create(
                actor=cast.ann,
                organization_id=cast.ann.organization_id,
                target=outbound.parse("https://9.9.9.9/hook"),
                events=list(WebhookEvent),
            )
        filed = factories.file_ticket(app, cast.bob, "The boiler", "It is cold.")
        factories.file_ticket(app, cast.bob, "Another boiler", "It is cold, too.")
        factories.post_comment(app, cast.sam, filed, "On our way.")
    with clock.at(FILED + timedelta(hours=1)):
        factories.file_ticket(app, cast.ann, "The door", "It squeaks.")
        sam = Visitor(app).sign_in(cast.sam)
        yield Desk(app, cast, sam, ApiClient(app, key_of(app, cast.sam)))


def note(desk: Desk) -> None:
    desk.page(f"{NUMBER}/comments", message="A secret.", internal="1")


def note_with_a_file(desk: Desk) -> None:
    files = (io.BytesIO(b"x"), "secret.txt")
    desk.page(f"{NUMBER}/comments", message="A secret.", internal="1", attachments=files)


def note_by_program(desk: Desk) -> None:
    said = {"message": "A secret.", "internal": True}
    desk.api_client.post(f"/tickets/{NUMBER}/comments", said, 201)


def file_by_program(desk: Desk) -> None:
    data = {"attachments": (io.BytesIO(b"x"), "secret.txt"), "internal": "true"}
    desk.api_client.call("POST", f"/tickets/{NUMBER}/attachments", 201, data=data)


def tag(desk: Desk) -> None:
    desk.page(f"{NUMBER}/tags", tags="secret boiler")


def tag_many_and_take_it_back(desk: Desk) -> None:
    fields = {"numbers": NUMBER, "action": "tag", "value": "hush"}
    page = desk.sam.post("/tickets/queue/bulk", fields, 200, htmx=True)
    desk.page("queue/undo", token=page.all("input", name="token")[-1]["value"])


def tag_by_program(desk: Desk) -> None:
    change = {"tags": ["secret"]}
    desk.api_client.patch(f"/tickets/{NUMBER}", change, headers=desk.version())


def trash_and_restore(desk: Desk) -> None:
    desk.page(f"{NUMBER}/trash")
    desk.page(f"{NUMBER}/restore")


def trash_by_program_and_restore(desk: Desk) -> None:
    desk.api_client.delete(f"/tickets/{NUMBER}", headers=desk.version())
    desk.page(f"{NUMBER}/restore")


def send_a_mail_again(desk: Desk) -> None:
    with factories.writing(desk.app):
        mail = db.session.scalars(select(Outbox).filter_by(template="reply")).first()
        assert mail
        mail.state, number = OutboxState.PARKED, mail.id
    desk.page(f"{NUMBER}/mails/send-again", mail=number)


def name_a_colleague(desk: Desk) -> None:
    desk.page(f"{NUMBER}/comments", message="@Sue Stone, a secret.", internal="1")


def stop_an_answer(desk: Desk) -> None:
    with factories.writing(desk.app):
        ticket = db.session.get_one(Ticket, parse_number(NUMBER) or 0)
        answer = scheduled.schedule(
            actor=desk.cast.sue,
            ticket=ticket,
            message="A secret.",
            due_at=clock.now() + timedelta(days=1),
            later=True,
        )
        one = f"{NUMBER}/comments/{answer.id}"
    desk.page(f"{one}/cancel")
    desk.page(f"{one}/throw-away")


def suppose_that_it_answers_another(desk: Desk) -> None:
    """By a mail to a ticket of somebody else."""
    with factories.writing(desk.app):
        ticket, other = (db.session.get_one(Ticket, number) for number in (1, 3))
        follow_ups.suppose(actor=desk.cast.bob, other=other, ticket=ticket)


def be_there(desk: Desk) -> None:
    desk.page(f"{NUMBER}/presence", 200, state="writing")


def note_about_people(desk: Desk) -> None:
    for person in (desk.cast.bob, desk.cast.ann):
        where = f"/people/{format_id(person.id)}/notes"
        written = desk.sam.post(where, {"text": "A secret."}).location
        desk.sam.post(f"/notes/{written.rpartition('-')[2]}/delete")
    company = organization_number(desk.cast.ann.organization_id)
    desk.sam.post(f"/organizations/{company}/notes", {"text": "A secret."})


ACTIONS: list[Callable[[Desk], None]] = [
    note,
    note_with_a_file,
    note_by_program,
    file_by_program,
    tag,
    tag_many_and_take_it_back,
    tag_by_program,
    trash_and_restore,
    trash_by_program_and_restore,
    send_a_mail_again,
    name_a_colleague,
    stop_an_answer,
    suppose_that_it_answers_another,
    be_there,
    note_about_people,
]


class Reader:
    """A customer who looks at everything."""

    def __init__(self, app: Flask, person: Actor) -> None:
        self.app, self.person = app, person
        self.browser = Visitor(app).sign_in(person)
        self.api_client = ApiClient(app, key_of(app, person))
        with clock.at(ASKED):
            self.api_client.get("/users/me")  # that the key is in use is written down now

    def sees(self, *, of_tickets: bool) -> dict[str, str]:
        """Each answer by the question."""
        seen = {}
        for path in self._paths(of_tickets=of_tickets):
            for name, answer in self._answers(path):
                seen[f"{name} {path}"] = _plain(answer)
        return seen

    def _paths(self, *, of_tickets: bool) -> Iterator[str]:
        for rule in self.app.url_map.iter_rules():
            if "GET" not in (rule.methods or ()) or rule.endpoint in NOT_ASKED:
                continue
            if of_tickets and "ticket" not in rule.rule:
                continue
            values = {name: PLACES.get(name, 1) for name in rule.arguments}
            path = re.sub(r"<(?:\w+:)?(\w+)>", lambda m, v=values: str(v[m[1]]), rule.rule)
            yield path
            yield from (f"{path}?{query}" for query in QUERIES.get(rule.rule, ()))

    def _answers(self, path: str) -> Iterator[tuple[str, TestResponse]]:
        if path.startswith(ROOT):
            bearer = {"Authorization": f"Bearer {self.api_client.credential}"}
            yield "GET", self.api_client.http.get(path, headers=bearer)
            return
        news = {"HX-Request": "true", "HX-Target": "ol#timeline"}
        for name, headers in (("page", {}), ("fragment", {"HX-Request": "true"}), ("news", news)):
            if name != "news" or "/tickets/" in path:
                yield name, self.browser.http.get(path, headers=headers)


def _plain(answer: TestResponse) -> str:
    headers = sorted(h for h in answer.headers.items() if h[0] not in NOISY_HEADERS)
    told = f"{answer.status}\n{headers}\n{_words(answer.data)}"
    for pattern in [re.escape(answer.headers["X-Request-ID"]), *NOISE]:
        told = re.sub(pattern, "", told)
    return told


def _words(body: bytes) -> str:
    """Of a workbook what is in it: the archive around it says when it was made."""
    if not body.startswith(b"PK"):
        return body.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(body)) as made:
        parts = [f"{name}\n{made.read(name).decode()}" for name in made.namelist()]
    return re.sub("(<dcterms:[a-z]+[^>]*>)[^<]*", r"\1", "\n".join(parts))


def _tickets_of(copy: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(copy)) as made:
        names = sorted(name for name in made.namelist() if name.startswith("tickets/"))
        return "".join(f"{name}{made.read(name).decode()}" for name in names)


def different(before: dict[str, str], after: dict[str, str]) -> dict[str, list[str]]:
    """The lines that are other ones, by the question."""
    assert before.keys() == after.keys()
    return {
        question: list(unified_diff(answer.splitlines(), after[question].splitlines(), n=0))
        for question, answer in before.items()
        if answer != after[question]
    }


# What pages and API say of the same rows: which database keeps them makes no difference.
@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("name", ["bob", "ann", "carl"])
def test_no_answer_to_a_customer_tells_what_staff_do_among_themselves(
    desk: Desk, name: str
) -> None:
    """Bob has filed it, Ann runs his company, and Carl takes part."""
    with clock.at(FILED), factories.writing(desk.app):
        share = {"ticket": db.session.get_one(Ticket, 1), "way": ParticipantWay.PAGE}
        participants.add(actor=desk.cast.bob, email=desk.cast.carl.email, **share)  # type: ignore[arg-type]
    reader = Reader(desk.app, getattr(desk.cast, name))
    traces = {}
    with clock.at(ASKED):
        everything = reader.sees(of_tickets=False)
        tickets = reader.sees(of_tickets=True)
    assert "The boiler" in everything["GET /api/v1/tickets?q=boiler"]
    for minutes, action in enumerate(ACTIONS, start=1):
        with clock.at(FILED + timedelta(hours=1, minutes=minutes)):
            action(desk)
        with clock.at(ASKED):
            traces[action.__name__] = different(tickets, reader.sees(of_tickets=True))
    with clock.at(ASKED):
        traces["all of them"] = different(everything, reader.sees(of_tickets=False))
    assert not any(traces.values()), traces
    with desk.app.app_context():
        done = set(db.session.scalars(select(TicketEvent.kind)))
    assert done >= INTERNAL_KINDS  # none was forgotten


def test_the_walk_finds_what_is_no_secret(desk: Desk) -> None:
    reader = Reader(desk.app, desk.cast.bob)
    with clock.at(ASKED):
        before = reader.sees(of_tickets=True)
    desk.page(f"{NUMBER}/comments", message="Hello.")
    with clock.at(ASKED):
        found = different(before, reader.sees(of_tickets=True))
    for question in ("page /tickets/", f"page /tickets/{NUMBER}", f"GET /api/v1/tickets/{NUMBER}"):
        assert question in found


def test_nothing_is_owed_to_a_customer_or_their_webhook(desk: Desk) -> None:
    def owed() -> tuple[int, int]:
        with desk.app.app_context():
            # A colleague who is named is mailed.
            to_others = Outbox.recipient != desk.cast.sue.email
            mails = db.session.scalars(select(Outbox.id).where(to_others)).all()
            return len(mails), len(db.session.scalars(select(WebhookDelivery.id)).all())

    before = owed()
    for action in ACTIONS:
        action(desk)
    assert owed() == before


def test_what_a_webhook_or_a_copy_of_data_is_told_later_has_no_trace_of_it(desk: Desk) -> None:
    def told() -> list[Any]:
        with desk.app.app_context():
            ids = db.session.scalars(select(WebhookDelivery.id).order_by(WebhookDelivery.id)).all()
            return [payload(outgoing.read(one)) for one in ids]

    def copied() -> str:
        with clock.at(ASKED), factories.writing(desk.app):
            asked = privacy_requests.ask_export(actor=desk.cast.bob).id
        with desk.app.app_context(), clock.at(ASKED):
            export_person(asked)
            key = db.session.get_one(PrivacyRequest, asked).storage_key
            with desk.app.extensions["lodge.storage"].open(key) as file:
                return _tickets_of(file.read())

    webhook, copy = told(), copied()
    assert len(webhook) > 1 and "The boiler" in copy
    for action in ACTIONS:
        action(desk)
    assert (told(), copied()) == (webhook, copy)


def test_what_a_customer_has_seen_is_still_the_newest(desk: Desk) -> None:
    """By the version of a page's form and by a program's ETag."""
    bob = ApiClient(desk.app, key_of(desk.app, desk.cast.bob))
    page = Visitor(desk.app).sign_in(desk.cast.bob)
    form = page.get(f"/tickets/{NUMBER}").one("form", id="reply")
    version = form.one("input", name="version")["value"]
    etag = bob.get(f"/tickets/{NUMBER}").headers["ETag"]
    for action in ACTIONS:
        action(desk)
    page.post(f"/tickets/{NUMBER}/comments", {"message": "Any news?", "version": version})
    bob.patch(f"/tickets/{NUMBER}", {"status": "solved"}, 412, headers={"If-Match": etag})
    etag = bob.get(f"/tickets/{NUMBER}").headers["ETag"]
    for action in ACTIONS:
        action(desk)
    bob.patch(f"/tickets/{NUMBER}", {"status": "solved"}, headers={"If-Match": etag})


@given(st.lists(st.sampled_from(EventKind), max_size=12))
def test_customers_are_told_a_version_and_a_time_of_what_they_may_know(
    happened: list[EventKind],
) -> None:
    ticket = Ticket(version=1, updated_at=FILED, created_at=FILED)
    seen, at = 1, FILED
    for minute, kind in enumerate(happened, start=1):
        moment = FILED + timedelta(minutes=minute)
        with clock.at(moment):
            changes.bump_version(ticket, kind)
        if kind not in INTERNAL_KINDS:
            seen, at = seen + 1, moment
        told = (ticket.version_for(staff=False), ticket.updated_at_for(staff=False))
        assert told == (seen, at)
        assert (ticket.version, ticket.updated_at) == (minute + 1, moment)
