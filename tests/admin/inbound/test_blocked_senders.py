"""`/admin/mail/blocked`: whose mail waits, by address and by domain."""

from collections.abc import Callable

import pytest
from flask import Flask

from portal.models.inbound import InboundState, Reason
from tests.cast import Cast
from tests.inbound.mails import mail, row, take_in, tickets
from tests.page import Visitor

PAGE = "/admin/mail/blocked"


@pytest.fixture
def ada(visit: Callable[[], Visitor], cast: Cast) -> Visitor:
    return visit().sign_in(cast.ada)


def state(app: Flask, message_id: int) -> tuple[str, str | None]:
    return row(app, message_id).state, row(app, message_id).reason


WAITS = (InboundState.SUSPECTED, Reason.BLOCKED)


@pytest.mark.parametrize(
    ("pattern", "sender", "waits"),
    [
        ("nina@list.example", "Nina@List.example", True),
        ("nina@list.example", "nora@list.example", False),
        ("@list.example", "nora@list.example", True),
        ("list.example", "nora@mail.news.list.example", True),
        ("list.example", "nora@otherlist.example", False),
        ("почта.example", "nora@xn--80a1acny.example", True),
    ],
)
def test_mail_of_an_address_or_a_domain_and_below_it_waits(
    ada: Visitor, app: Flask, pattern: str, sender: str, waits: bool
) -> None:
    ada.post(PAGE, {"pattern": pattern, "reason": "Newsletters"}, 303)
    assert "Newsletters" in ada.get(PAGE).words
    [message_id] = take_in(app, mail(sender))
    assert (state(app, message_id) == WAITS) is waits
    assert len(tickets(app)) == (0 if waits else 1)


def test_what_waits_can_be_accepted_and_who_is_let_in_again_is_heard(
    ada: Visitor, app: Flask
) -> None:
    ada.post(PAGE, {"pattern": "list.example"}, 303)
    [message_id] = take_in(app, mail("nina@list.example"))
    ada.post(f"/admin/mail/{message_id}", {"action": "accept"}, 303)
    take_in(app)
    assert len(tickets(app)) == 1
    ada.post(f"{PAGE}/1/remove", {}, 303)
    assert "Nobody is blocked" in ada.get(PAGE).words
    take_in(app, mail("nina@list.example"))
    assert len(tickets(app)) == 2
    log = ada.get("/account/log").words
    assert "Sender of mail blocked" in log
    assert "Sender of mail not blocked any more" in log


@pytest.mark.parametrize(
    ("pattern", "sentence"),
    [
        ("", "Please fill this in."),
        ("no address", "Use an address, or a domain such as example.com."),
        ("com", "Use an address, or a domain such as example.com."),
        ("support@localhost.localdomain", "The desk's own mail comes from there."),
        ("localhost.localdomain", "The desk's own mail comes from there."),
        ("gmail.com", "Anybody can have an address there"),
        ("sam@example.com", "A colleague has an address there"),
        ("list.example", "This sender is blocked already."),
    ],
)
def test_nobody_is_blocked_by_mistake(ada: Visitor, pattern: str, sentence: str) -> None:
    ada.post(PAGE, {"pattern": "list.example"}, 303)
    page = ada.post(PAGE, {"pattern": pattern}, 422)
    assert sentence in page.one("p", id="pattern-error").text


@pytest.mark.parametrize(
    ("which", "pattern"), [("sender", "nina@list.example"), ("domain", "@list.example")]
)
def test_a_sender_is_blocked_at_a_mail(ada: Visitor, app: Flask, which: str, pattern: str) -> None:
    [message_id] = take_in(app, mail("nina@list.example", headers={"X-Spam-Flag": "YES"}))
    for said in (f"Mail of {pattern} waits", "blocked already"):
        answer = ada.post(f"/admin/mail/{message_id}/block", {"which": which}, 303)
        assert said in ada.follow(answer).words
    assert pattern in ada.get(PAGE).words
    ada.post(f"/admin/mail/{message_id}/block", {"which": "all"}, 422)
    ada.post("/admin/mail/99/block", {"which": which}, 404)
    ada.post(f"{PAGE}/99/remove", {}, 404)
