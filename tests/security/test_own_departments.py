"""Who sees only the tickets of their own departments never meets another one.

Every address that can be looked at is asked by such a clerk, as a page, a fragment and a program,
about a ticket that is full of a secret.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from portal.extensions import db, limiter
from portal.models.organizations.organization import format_id as organization_number
from portal.models.people import Right, User
from portal.models.people.right import to_text
from portal.models.people.user import format_id
from portal.models.tickets import Department, DepartmentMember, Rating, Ticket
from portal.queries.tickets.lists.ticket_filter import View
from portal.services.tickets import departments, tickets
from tests import factories
from tests.answer_text import text_of
from tests.api.api_client import ROOT, ApiClient, key_of
from tests.cast import Cast
from tests.factories import Filed
from tests.page import Visitor

pytestmark = pytest.mark.threat("foreign rows")

# In all texts of the foreign ticket; only the other word is looked for.
SECRET, WORD = "loudly", "xylophone"
QUERIES = {
    "/tickets/": [f"q={WORD}", "status=solved"],
    "/tickets/queue": [
        *("view=all", f"view=all&q={WORD}", f"view=all&q={WORD}&sort=relevance"),
        *("view=all&department=Vault", "view=all&sort=created", "view=all&tag=hush"),
        *("view=all&q=department:Vault", "view=all&q=rating:bad", "view=all&open={number}"),
    ],
    "/tickets/queue/bulk/new": ["action=status:open&query=view%3Dall", "numbers={number}"],
    "/tickets/new/earlier": [f"subject={WORD}"],
    "/go": ["q={number}", f"q={WORD}"],
    "/api/v1/tickets": [f"q={WORD}", "department=Vault", "limit=1", "requester={person}"],
}
# Streams answer for as long as somebody listens; what they refuse is asked below.
NOT_ASKED = {"tickets.watch_queue", "metrics"}


@dataclass
class Desk:
    """Sam sees their own departments alone; `foreign` is of none of these, `own` is."""

    app: Flask
    cast: Cast
    foreign: Filed
    own: Filed
    browser: Visitor
    program: ApiClient

    @property
    def places(self) -> dict[str, Any]:
        return {
            "number": self.foreign.number,
            "user_id": format_id(self.cast.bob.id),
            "person": format_id(self.cast.bob.id),
            "path": "css/app.css",
            "id": "me",
        }

    def path(self, rule: Rule, **instead: str) -> str:
        values = {name: {**self.places, **instead}.get(name, 1) for name in rule.arguments}
        if rule.endpoint.startswith("people."):
            of = self.cast.bob
            organization = organization_number(of.organization_id)
            is_about_organization = "organization" in rule.endpoint
            values["number"] = organization if is_about_organization else format_id(of.id)
        return re.sub(r"<(?:\w+:)?(\w+)>", lambda m: str(values[m[1]]), rule.rule)

    def paths(self) -> Iterator[str]:
        for rule in self.app.url_map.iter_rules():
            if "GET" in (rule.methods or ()) and rule.endpoint not in NOT_ASKED:
                path = self.path(rule)
                yield path
                asked = QUERIES.get(rule.rule, ())
                yield from (f"{path}?{query.format(**self.places)}" for query in asked)

    def answers(self, path: str, method: str = "GET") -> Iterator[TestResponse]:
        if path.startswith(ROOT):
            bearer = {"Authorization": f"Bearer {self.program.credential}", "If-Match": "*"}
            yield self.program.http.open(path, method=method, headers=bearer)
            return
        for headers in ({}, {"HX-Request": "true"}):
            yield self.browser.http.open(path, method=method, headers=headers)


@pytest.fixture
def desk(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(limiter, "enabled", False)
    with factories.writing(app):
        for name in ("Vault", "Counter"):
            departments.create(actor=cast.ada, name=name)
        counter = db.session.query(Department).filter_by(name="Counter").one()
        db.session.add(DepartmentMember(department_id=counter.id, user_id=cast.sam.id))
    foreign = factories.file_ticket(
        app, cast.bob, f"A {WORD} {SECRET}", f"The {WORD} sounds {SECRET}.", department="Vault"
    )
    Visitor(app).sign_in(cast.bob).post(
        f"/tickets/{foreign.number}/comments",
        {"message": f"{WORD} {SECRET}", "attachments": (io.BytesIO(b"x"), f"{SECRET}.txt")},
    )
    factories.post_comment(app, cast.sue, foreign, f"{WORD} {SECRET}.", internal=True)
    own = factories.file_ticket(app, cast.bob, "A tambourine", department="Counter")
    with factories.writing(app):
        row = db.session.get_one(Ticket, foreign.id)
        tickets.set_tags(actor=cast.sue, ticket=row, names=["hush", SECRET])
        db.session.get_one(User, cast.sam.id).rights = to_text(Right)
    factories.rate_ticket(app, cast.bob, foreign, Rating.BAD, SECRET)
    browser = Visitor(app).sign_in(cast.sam)
    return Desk(app, cast, foreign, own, browser, ApiClient(app, key_of(app, cast.sam)))


def test_no_answer_has_anything_of_a_foreign_ticket(desk: Desk):
    told = {
        path: answer.status_code
        for path in desk.paths()
        for answer in desk.answers(path)
        if SECRET in text_of(answer)
    }
    assert told == {}
    others = Visitor(desk.app).sign_in(desk.cast.sue)
    assert SECRET in others.get(f"/tickets/{desk.foreign.number}").text
    assert "tambourine" in desk.browser.get("/tickets/queue?view=all").words
    desk.browser.get(f"/tickets/{desk.own.number}")
    listed = desk.program.get("/tickets").json["items"]
    assert [one["number"] for one in listed] == [desk.own.number]


def test_a_foreign_ticket_is_answered_as_one_that_there_is_not(desk: Desk):
    different = {}
    for rule in desk.app.url_map.iter_rules():
        if "number" not in rule.arguments or rule.endpoint.startswith("people."):
            continue
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            foreign, unknown = (
                [answer.status_code for answer in desk.answers(desk.path(rule, number=one), method)]
                for one in (desk.foreign.number, "REQ000999")
            )
            if foreign != unknown:
                different[f"{method} {rule.rule}"] = (foreign, unknown)
    assert different == {}


def test_numbers_count_what_is_seen(desk: Desk):
    page = desk.browser.get("/tickets/queue?view=all")
    shown = {view: page.one("a", id=f"view-{view}").text.split()[-1] for view in View}
    assert shown == {"to_answer": "1", "unsolved": "1", "mine": "0", "unassigned": "1", "all": "1"}
    summary = desk.program.get("/tickets/stats/summary").json
    assert sum(summary["by_status"].values()) == 1
