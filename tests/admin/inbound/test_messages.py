"""`/admin/mail`: what waits, what became of each mail, and the decision on it."""

from typing import BinaryIO

import pytest
from flask import Flask

from portal import clock
from portal.extensions import db
from portal.models.inbound import InboundMessage, InboundState, Reason
from portal.queries.inbound import messages as queries
from portal.security.people.step_up import FRESH
from portal.services.inbound import mailbox_settings
from portal.services.inbound.mailbox_settings import MailboxValues
from tests import factories
from tests.cast import Cast
from tests.inbound.mails import mail, read, row, take_in, tickets
from tests.page import Visitor
from tests.read_only_mode import change_mode

SPAM = {"X-Spam-Flag": "YES"}


def test_what_waits_is_listed_with_its_reason_and_the_rest_apart(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    take_in(app, mail(subject="Cheap <b>pipes</b>", headers=SPAM), mail(subject="A leak"))
    ada = client.sign_in(cast.ada)
    waiting = ada.get("/admin/mail").words
    assert "Cheap <b>pipes</b>" in waiting
    assert "The mail server calls it spam." in waiting
    assert "A leak" not in waiting
    assert "A leak" in ada.get("/admin/mail?view=done").words
    assert "Nothing here" in ada.get("/admin/mail?view=dismissed").words


def test_the_journey_names_the_ticket_and_what_led_to_it(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    filed = factories.file_ticket(app, cast.ann)
    [message_id] = take_in(app, mail(subject=f"[{filed.number}]"))
    page = client.sign_in(cast.ada).get(f"/admin/mail/{message_id}")
    assert "It came, brought by a command, and was kept." in page.words
    assert "Found by the number in its subject." in page.words
    assert page.all("a", href=f"/tickets/{filed.number}")


def test_the_journey_says_what_became_of_those_in_copy(
    client: Visitor, app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "INBOUND_AUTHSERV", "mx.example.com")
    in_copy = {"Cc": "bob@example.com, dora@elsewhere.example"}
    passed = {"Authentication-Results": "mx.example.com; dmarc=pass header.from=example.com"}
    to = "support@localhost.localdomain"
    mails = (mail(to=to, headers=headers) for headers in (in_copy, in_copy | passed))
    unproven, proven = take_in(app, *mails)
    ada = client.sign_in(cast.ada)
    said = ada.get(f"/admin/mail/{unproven}").words
    assert "2 addresses are in copy. Nothing has proven its sender" in said
    assert "2 addresses are in copy. 2 of them are new." in ada.get(f"/admin/mail/{proven}").words


def test_what_is_accepted_is_read_and_becomes_a_ticket_once(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    [message_id] = take_in(app, mail(headers=SPAM))
    ada = client.sign_in(cast.ada)
    for _ in range(2):
        ada.post(f"/admin/mail/{message_id}", {"action": "accept"})
    read(app)
    assert len(tickets(app)) == 1
    assert row(app, message_id).state == InboundState.DONE
    steps = [line["step"] for line in row(app, message_id).journey]
    assert steps.count("again") == 1
    ada.post(f"/admin/mail/{message_id}", {"action": "accept"})
    read(app)
    assert len(tickets(app)) == 1


def test_what_failed_is_read_again_and_what_nobody_wants_put_away(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    [message_id] = take_in(app, mail(headers={"From": "nobody"}))
    ada = client.sign_in(cast.ada)
    ada.post(f"/admin/mail/{message_id}", {"action": "again"})
    read(app)
    found = row(app, message_id)
    assert (found.state, found.reason) == (InboundState.HELD, Reason.NO_SENDER)
    ada.post(f"/admin/mail/{message_id}", {"action": "dismiss"})
    assert row(app, message_id).state == InboundState.DISMISSED
    ada.post(f"/admin/mail/{message_id}", {"action": "eat"}, 422)


def test_the_raw_mail_is_a_download_under_a_policy_that_runs_nothing(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    one = mail(text="<script>alert(1)</script>")
    [message_id] = take_in(app, one)
    ada = client.sign_in(cast.ada)
    answer = ada.get(f"/admin/mail/{message_id}/raw")
    assert answer.response.data == one.as_bytes()
    assert answer.response.headers["Content-Disposition"].startswith("attachment")
    assert answer.response.mimetype == "message/rfc822"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.response.headers["Content-Security-Policy"]
    assert "A mail that came in read or fetched" in ada.get("/account/log").words


def test_a_file_that_is_not_sent_after_all_is_closed(
    app: Flask, client: Visitor, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    [message_id] = take_in(app, mail())
    ada = client.sign_in(cast.ada)
    opened = []
    store = app.extensions["lodge.storage"]
    open_file = store.open

    def note(key: str) -> BinaryIO:
        opened.append(open_file(key))
        return opened[-1]

    monkeypatch.setattr(store, "open", note)
    change_mode(app)
    ada.get(f"/admin/mail/{message_id}/raw", 503)
    assert [file.closed for file in opened] == [True]


@pytest.mark.parametrize("what", ["raw", "text"])
def test_what_a_mail_says_is_shown_soon_after_a_proof_alone(
    client: Visitor, app: Flask, cast: Cast, what: str
) -> None:
    [message_id] = take_in(app, mail(headers=SPAM))
    ada = client.sign_in(cast.ada)
    with clock.at(clock.now() + FRESH):
        answer = ada.get(f"/admin/mail/{message_id}/{what}", 303)
        assert answer.location.startswith("/account/confirm")
    assert "read or fetched" not in ada.get("/account/log").words


def test_one_mailbox_and_one_sender_are_listed_and_counted_in_all(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    with factories.writing(app):
        sales = mailbox_settings.create(
            actor=cast.ada, values=MailboxValues(address="sales@example.com")
        ).id
    take_in(
        app,
        mail(subject="A leak", headers=SPAM),
        mail("bob@example.com", subject="Pipes", headers=SPAM),
        mail(subject="A price", to="sales@example.com", headers=SPAM),
    )
    ada = client.sign_in(cast.ada)
    of_ann = ada.get("/admin/mail?sender=Ann@Example.com").words
    assert ("A leak" in of_ann, "Pipes" in of_ann) == (True, False)
    of_sales = ada.get(f"/admin/mail?view=suspected&mailbox={sales}")
    assert ("A price" in of_sales.words, "A leak" in of_sales.words) == (True, False)
    assert "Suspected 3" in of_sales.one("nav", **{"aria-label": "State"}).text
    nobody = ada.get("/admin/mail?sender=nobody@example.com").words
    assert "No mail of this state is from there." in nobody
    for wrong in ("view=old", "mailbox=x", "mailbox=99999999999999999999", "cursor=x"):
        ada.get(f"/admin/mail?{wrong}", 422)


def test_those_that_wait_are_listed_page_by_page_whatever_their_states(
    client: Visitor, app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "PAGE", 2)
    for number in range(5):
        wrong = SPAM if number % 2 else {"From": "nobody"}
        take_in(app, mail(subject=f"Leak {number}", headers=wrong))
    ada = client.sign_in(cast.ada)
    found, path = [], "/admin/mail"
    while path:
        page = ada.get(path)
        found += [link.text for link in page.all("a") if link.text.startswith("Leak")]
        path = next((link["href"] or "" for link in page.all("a", rel="next")), "")
    assert found == [f"Leak {number}" for number in reversed(range(5))]


def test_many_are_decided_about_at_once_and_each_once(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    ids = take_in(app, *(mail(headers=SPAM) for _ in range(3)))
    ada = client.sign_in(cast.ada)
    form = {"action": "accept", "ids": ids[:2], "view": "suspected"}
    answer = ada.post("/admin/mail", form)
    assert answer.location == "/admin/mail?view=suspected"
    assert "2 mails will be read now." in ada.follow(answer).words
    read(app)
    assert len(tickets(app)) == 2
    ada.post("/admin/mail", {"action": "dismiss", "ids": ids})
    assert row(app, ids[2]).state == InboundState.DISMISSED
    assert row(app, ids[0]).state == InboundState.DONE
    assert "accept: 2" in ada.get("/account/log").words
    for wrong in ({"ids": ids}, {"action": "eat", "ids": ids}, {"action": "accept", "ids": "x"}):
        ada.post("/admin/mail", wrong, 422)


def test_a_ticket_is_made_of_what_cannot_be_answered(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    one = mail(text="It <b>drips</b>.", headers={"From": "undisclosed sender"})
    [message_id] = take_in(app, one)
    ada = client.sign_in(cast.ada)
    where = f"/admin/mail/{message_id}/text"
    assert "It <b>drips</b>." in ada.get(where).words
    assert "not an e-mail address" in ada.post(where, {"email": "x"}, 422).words
    assert (
        "own mail comes from there"
        in ada.post(where, {"email": "support@localhost.localdomain"}, 422).words
    )
    answer = ada.post(where, {"email": "nina@example.com"})
    [ticket] = tickets(app)
    assert answer.location == f"/tickets/{ticket.number}"
    assert "It <b>drips</b>." in ada.follow(answer).words
    found = row(app, message_id)
    assert (found.state, found.ticket_id, found.preview) == (InboundState.DONE, ticket.id, "")
    page = ada.get(f"/admin/mail/{message_id}").words
    assert "Somebody made a ticket of its text." in page
    ada.post(where, {"email": "nina@example.com"})
    assert len(tickets(app)) == 1


def test_what_is_not_kept_as_it_came_can_be_put_away_alone(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    [message_id] = take_in(app, mail(headers=SPAM))
    with factories.writing(app):
        db.session.get_one(InboundMessage, message_id).storage_key = None
    ada = client.sign_in(cast.ada)
    where = f"/admin/mail/{message_id}"
    assert [button["value"] for button in ada.get(where).all("button", name="action")] == [
        "dismiss"
    ]
    refused = ada.follow(ada.post(where, {"action": "accept"})).words
    assert "it is not kept as it came" in refused
    for what in ("raw", "text"):
        ada.get(f"{where}/{what}", 404)
    ada.post(where, {"action": "dismiss"})
    assert row(app, message_id).state == InboundState.DISMISSED


def test_the_bytes_of_what_cannot_be_read_are_its_text(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    [message_id] = take_in(app, mail("nina@example.com", text="Grüße", headers=SPAM))
    with factories.writing(app):
        db.session.get_one(InboundMessage, message_id).preview = ""
        db.session.get_one(InboundMessage, message_id).sender = ""
        db.session.get_one(InboundMessage, message_id).state = InboundState.FAILED
    page = client.sign_in(cast.ada).get(f"/admin/mail/{message_id}/text")
    assert "Subject: A leak" in page.words
    assert page.one("input", name="email")["value"] == "nina@example.com"
