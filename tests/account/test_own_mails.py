"""`/account/mail`: a mail in one's own name waits for one's word."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.extensions import db
from portal.models.delivery import Outbox
from portal.models.inbound import InboundState, Reason
from tests.cast import Cast
from tests.inbound.mails import mail, read, row, take_in, tickets
from tests.page import Visitor

PAGE = "/account/mail"
SAM = "sam@example.com"


def notices(app: Flask, address: str) -> int:
    with app.app_context():
        about = select(func.count()).where(
            Outbox.template == "account_notice", Outbox.recipient == address
        )
        return db.session.scalar(about) or 0


def test_a_colleague_is_told_once_by_mail_and_bell_and_says_yes(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    [message_id] = take_in(app, mail(SAM, text="It <i>is</i> done.", subject="The boiler"))
    sam = client.sign_in(cast.sam)
    told = sam.get("/tickets/notifications")
    assert "which waits for your word" in told.words
    assert told.one("a", id="bell")["data-unread"] == "1"
    assert notices(app, SAM) == 1
    assert told.all("a", href=PAGE)
    page = sam.get(PAGE)
    assert "It <i>is</i> done." in page.words
    sam.post(f"{PAGE}/{message_id}", {"answer": "yes"})
    read(app)
    [ticket] = tickets(app)
    assert (ticket.requester_id, ticket.subject) == (cast.sam.id, "The boiler")
    assert row(app, message_id).state == InboundState.DONE
    assert sam.get(PAGE).one("a", id="bell")["data-unread"] == "0"
    sam.post(f"{PAGE}/{message_id}", {"answer": "yes"}, 404)
    assert notices(app, SAM) == 1


def test_what_is_not_theirs_goes_to_the_administrators(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    [message_id] = take_in(app, mail(SAM))
    sam = client.sign_in(cast.sam)
    sam.post(f"{PAGE}/{message_id}", {"answer": "no"})
    found = row(app, message_id)
    assert (found.state, found.reason) == (InboundState.SUSPECTED, Reason.DISOWNED)
    assert "Nothing waits for your word" in sam.get(PAGE).words
    assert not tickets(app)


@pytest.mark.threat("foreign rows")
def test_nobody_answers_for_another_or_for_what_they_did_not_send(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    held, spam = take_in(app, mail(SAM), mail(SAM, headers={"X-Spam-Flag": "YES"}))
    for person in (cast.sue, cast.ada):
        other = client.sign_in(person)
        assert "Nothing waits" in other.get(PAGE).words
        other.post(f"{PAGE}/{held}", {"answer": "yes"}, 404)
    client.sign_in(cast.sam).post(f"{PAGE}/{spam}", {"answer": "yes"}, 404)
    client.post(f"{PAGE}/{held}", {"answer": "perhaps"}, 422)
    customer = client.sign_in(cast.ann)
    customer.get(PAGE, 404)
    customer.post(f"{PAGE}/{held}", {"answer": "yes"}, 404)
    assert row(app, held).state == InboundState.HELD


@pytest.mark.threat("floods")
def test_a_flood_in_a_colleague_s_name_does_not_flood_the_colleague(app: Flask, cast: Cast) -> None:
    take_in(app, *(mail(SAM) for _ in range(8)))
    assert notices(app, SAM) == 5


def test_what_an_administrator_has_decided_is_asked_about_no_more(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    [message_id] = take_in(app, mail(SAM))
    client.sign_in(cast.ada).post(f"/admin/mail/{message_id}", {"action": "dismiss"})
    sam = client.sign_in(cast.sam)
    assert "Nothing waits" in sam.get(PAGE).words
    assert sam.get(PAGE).one("a", id="bell")["data-unread"] == "0"
