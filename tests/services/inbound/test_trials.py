"""A mail of the desk to itself: recognised by its signature, and never a ticket."""

import pytest
from flask import Flask

from portal.extensions import db
from portal.models.inbound import InboundState, Mailbox, MailTrial, Reason
from portal.queries.inbound import mailboxes
from portal.security import trial_mails
from portal.security.trial_mails import TrialToken
from portal.services.inbound import trials
from tests.cast import Cast
from tests.factories import writing
from tests.inbound.mails import DESK, mail, row, take_in, tickets


def begin(app: Flask) -> TrialToken:
    with writing(app):
        return trials.begin(actor=None, mailbox=db.session.get_one(Mailbox, 1))


@pytest.fixture
def token(app: Flask, cast: Cast) -> TrialToken:
    with writing(app):
        db.session.add(Mailbox(address=DESK))
    return begin(app)


def trial(app: Flask) -> MailTrial:
    with app.app_context():
        return mailboxes.trials()[1]


def subject(app: Flask, token: TrialToken) -> str:
    with app.app_context():
        return f"Trial [{trial_mails.sign(token)}]"


def test_it_arrives_and_makes_no_ticket(app: Flask, token: TrialToken) -> None:
    assert trial(app).is_open
    automatic = {"Auto-Submitted": "auto-generated"}
    [message_id] = take_in(app, mail(DESK, subject=subject(app, token), headers=automatic))
    found = row(app, message_id)
    assert (found.state, found.reason) == (InboundState.DONE, Reason.TRIAL)
    assert [line["step"] for line in found.journey][-1] == "trial"
    assert trial(app).arrived_at == found.received_at
    assert not trial(app).is_open
    assert not tickets(app)


@pytest.mark.threat("identity by mail")
def test_a_token_of_others_is_a_mail_as_any_other(app: Flask, token: TrialToken) -> None:
    forged = subject(app, token)[:-8] + "aaaaaaa]"
    [message_id] = take_in(app, mail(DESK, subject=forged))
    assert row(app, message_id).reason == Reason.OWN_ADDRESS
    assert trial(app).arrived_at is None


@pytest.mark.threat("identity by mail")
def test_a_token_from_another_sender_is_a_mail_as_any_other(app: Flask, token: TrialToken) -> None:
    take_in(app, mail("carl@example.com", subject=subject(app, token)))
    assert len(tickets(app)) == 1
    assert trial(app).arrived_at is None


def test_the_second_copy_changes_nothing(app: Flask, token: TrialToken) -> None:
    take_in(app, mail(DESK, subject=subject(app, token)))
    arrived = trial(app).arrived_at
    take_in(app, mail(DESK, subject=subject(app, token)))
    assert trial(app).arrived_at == arrived


def test_a_late_one_does_not_answer_for_the_next(app: Flask, token: TrialToken) -> None:
    late = subject(app, token)
    begin(app)
    [message_id] = take_in(app, mail(DESK, subject=late))
    assert row(app, message_id).reason == Reason.TRIAL
    assert trial(app).arrived_at is None


def test_why_it_did_not_leave_is_kept_until_the_next(app: Flask, token: TrialToken) -> None:
    with writing(app):
        trials.record_left(token, "server refused: 535 " + "x" * 400)
    assert len(trial(app).error or "") == 300
    assert not trial(app).is_open
    begin(app)
    assert trial(app).error is None and trial(app).is_open


def test_it_goes_with_its_mailbox(app: Flask, token: TrialToken) -> None:
    with writing(app):
        db.session.delete(db.session.get_one(Mailbox, 1))
    with app.app_context():
        assert mailboxes.trials() == {}


def bounce(app: Flask, token: TrialToken, action: str) -> bytes:
    with app.app_context():
        message_id = f"<{trial_mails.sign(token)}@localhost>"
    lines = [
        "From: MAILER-DAEMON@mx.example.com",
        f"To: {DESK}",
        "Subject: Undelivered Mail Returned to Sender",
        f"Message-ID: <{action}@mx.example.com>",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        "",
        "--b",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mx.example.com",
        "",
        f"Final-Recipient: rfc822; {DESK}",
        f"Action: {action}",
        "Status: 5.1.1",
        "Diagnostic-Code: smtp; 550 nobody here",
        "",
        "--b",
        "Content-Type: text/rfc822-headers",
        "",
        f"Message-ID: {message_id}",
        "Subject: Trial",
        "",
        "--b--",
        "",
    ]
    return "\r\n".join(lines).encode()


def test_one_that_comes_back_says_why(app: Flask, token: TrialToken) -> None:
    [message_id] = take_in(app, bounce(app, token, "failed"))
    assert row(app, message_id).reason == Reason.TRIAL
    assert trial(app).error == "came back: 5.1.1 550 nobody here"
    assert not tickets(app)


def test_one_that_is_only_late_is_still_waited_for(app: Flask, token: TrialToken) -> None:
    [message_id] = take_in(app, bounce(app, token, "delayed"))
    assert row(app, message_id).reason == Reason.TRIAL
    assert trial(app).error is None and trial(app).is_open


@pytest.mark.threat("identity by mail")
def test_a_bounce_of_what_we_have_not_signed_says_nothing_of_a_trial(
    app: Flask, token: TrialToken
) -> None:
    forged = bounce(app, token, "failed").replace(b"lodge-trial.1.", b"lodge-trial.1.1")
    [message_id] = take_in(app, forged)
    assert row(app, message_id).reason == Reason.BOUNCE
    assert trial(app).error is None
