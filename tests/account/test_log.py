"""`/account/log`: the own account's events, all of them, and nobody else's."""

import pytest
from flask import Flask

from portal import request_context
from portal.extensions import db
from portal.models.people import AccountEventKind, Actor, User
from portal.queries.people.account_log import PAGE
from portal.services.people import account_log
from tests import factories
from tests.cast import Cast
from tests.databases import BOTH
from tests.page import Page, Visitor


def record(app: Flask, person: Actor, *names: str, actor: Actor | None = None) -> None:
    with factories.writing(app):
        user = db.session.get_one(User, person.id)
        for name in names:
            account_log.record(
                user=user, kind=AccountEventKind.PASSKEY_ADDED, actor=actor or person, name=name
            )


def details(page: Page) -> list[str]:
    lines = (line.all("span") for line in page.all("td", class_="what"))
    return [spans[1].text for spans in lines if spans[1:]]


def test_ones_own_events_are_shown_newest_first(client: Visitor, app: Flask, cast: Cast) -> None:
    record(app, cast.ann, "one", "two")
    record(app, cast.bob, "other")
    page = client.sign_in(cast.ann).get("/account/log")
    assert details(page) == ["two", "one"]
    assert "Passkey added" in page.words


def test_who_did_it_is_named_but_not_where_they_were(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    elsewhere = request_context.current.set(request_context.Origin("192.0.2.9", "Firefox/1"))
    record(app, cast.sam, "one", actor=cast.ada)
    request_context.current.reset(elsewhere)
    words = client.sign_in(cast.sam).get("/account/log").words
    assert "Ada Adams" in words
    assert "192.0.2.9" not in words and "Firefox" not in words


@BOTH
def test_a_long_log_has_pages_without_gap_or_repetition(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    names = [f"n{number}" for number in range(PAGE + 10)]
    record(app, cast.ann, *names)
    first = client.sign_in(cast.ann).get("/account/log")
    second = client.get(first.one("a", rel="next")["href"])
    seen = details(first) + details(second)
    assert seen == names[::-1]
    assert not second.all("a", rel="next")
    back = client.get(second.one("nav", aria_label="Pages").one("a")["href"])
    assert details(back) == details(first)


@pytest.mark.parametrize("cursor", ["x", "-1", "1.2", "9" * 30, "٣"])
def test_a_cursor_that_we_did_not_write_is_refused(
    client: Visitor, cast: Cast, cursor: str
) -> None:
    client.sign_in(cast.ann).get(f"/account/log?cursor={cursor}", status=422)


def test_the_log_is_for_its_owner_and_nothing_is_written_to_it(client: Visitor, cast: Cast) -> None:
    assert "/auth/login" in client.get("/account/log", status=303).location
    client.sign_in(cast.ann).post("/account/log", status=405)


def test_what_others_wrote_is_text(client: Visitor, app: Flask, cast: Cast) -> None:
    record(app, cast.ann, "<script>alert(1)</script>")
    assert details(client.sign_in(cast.ann).get("/account/log")) == ["<script>alert(1)</script>"]
