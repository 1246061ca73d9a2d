"""`/admin/mail`: what waits, what became of each mail, and the decision on it."""

from flask import Flask

from portal.models.inbound import InboundState, Reason
from tests import factories
from tests.cast import Cast
from tests.inbound.mails import mail, read, row, take_in, tickets
from tests.page import Visitor

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
    answer = client.sign_in(cast.ada).get(f"/admin/mail/{message_id}/raw")
    assert answer.response.data == one.as_bytes()
    assert answer.response.headers["Content-Disposition"].startswith("attachment")
    assert answer.response.mimetype == "application/octet-stream"
    assert "sandbox" in answer.response.headers["Content-Security-Policy"]
