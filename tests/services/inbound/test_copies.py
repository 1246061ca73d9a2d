"""Those in copy of a mail: when they take part, and when nobody believes that they should."""

import pytest
from flask import Flask
from sqlalchemy import update

from portal.extensions import db
from portal.models.inbound import InboundMessage, InboundState, Mailbox, Reason, Step
from portal.models.people import User
from portal.models.tickets import MailedComment, Ticket
from portal.queries.tickets import participants as queries
from portal.security import reply_addresses
from portal.services.inbound import blocked_senders, messages
from portal.services.tickets import participants
from tests import factories
from tests.cast import Cast
from tests.factories import Filed, writing
from tests.inbound.mails import DESK, comments, mail, read, row, take_in, tickets

AUTHSERV = "mx.example.com"
PASSED = f"{AUTHSERV}; dmarc=pass header.from=example.com"
DORA = "dora@elsewhere.example"
IN_COPY = f'"Dora Dean" <{DORA}>, bob@example.com, no-reply@elsewhere.example, {DESK}'

pytestmark = pytest.mark.threat("identity by mail")


@pytest.fixture(autouse=True)
def _desk(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "INBOUND_AUTHSERV", AUTHSERV)
    with writing(app):
        db.session.add(Mailbox(address=DESK))


@pytest.fixture
def filed(app: Flask, cast: Cast) -> Filed:
    """Carl's."""
    return factories.file_ticket(app, cast.carl)


def taking_part(app: Flask, ticket_id: int) -> set[str]:
    with app.app_context():
        return {one.email for one in queries.of_ticket(ticket_id)}


def reply_address(app: Flask, ticket: Filed, user_id: int) -> str:
    with app.app_context():
        return reply_addresses.sign(DESK, db.session.get_one(Ticket, ticket.id), user_id)


def test_a_proven_mail_brings_those_in_copy_into_its_new_ticket(app: Flask, cast: Cast) -> None:
    headers = {"Cc": IN_COPY, "Authentication-Results": PASSED}
    [message_id] = take_in(app, mail("carl@example.com", headers=headers))
    [ticket] = tickets(app)
    assert taking_part(app, ticket.id) == {DORA, "bob@example.com"}
    [line] = [one for one in row(app, message_id).journey if one["step"] == Step.SHARED]
    assert (line["number"], line["added"], line["is_proven"]) == (2, 2, True)
    with app.app_context():
        found = queries.of_ticket(ticket.id)
        assert {one.name for one in found if one.email == DORA} == {"Dora Dean"}
        assert {one.way for one in found} == {"mail"}


def test_the_reply_address_of_the_sender_is_a_proof(app: Flask, cast: Cast, filed: Filed) -> None:
    to = f"{reply_address(app, filed, cast.carl.id)}, bob@example.com"
    take_in(app, mail("carl@example.com", to=to, headers={"Cc": DORA}))
    assert len(comments(app, filed.id)) == 2
    assert taking_part(app, filed.id) == {DORA, "bob@example.com"}


@pytest.mark.parametrize("whose", ["carl", "bob"])
def test_whoever_only_claims_to_be_the_sender_lets_nobody_read(
    app: Flask, cast: Cast, filed: Filed, whose: str
) -> None:
    """`bob`: the reply address is one that was given to somebody else."""
    headers = {"Cc": DORA, "Subject": f"[{filed.number}]"}
    if whose == "bob":
        headers["To"] = reply_address(app, filed, cast.bob.id)
    [message_id] = take_in(app, mail("carl@example.com", headers=headers))
    assert len(comments(app, filed.id)) == 2
    assert taking_part(app, filed.id) == set()
    found = row(app, message_id)
    [line] = [one for one in found.journey if one["step"] == Step.SHARED]
    assert (line["added"], line["is_proven"]) == (0, False)
    with app.app_context():
        assert db.session.get_one(MailedComment, found.comment_id).in_copy == DORA


@pytest.mark.threat("floods")
def test_whoever_writes_a_lot_leaves_it_to_staff(app: Flask, cast: Cast) -> None:
    passed = {"Authentication-Results": PASSED}
    some = [
        mail("carl@example.com", f"Number {n}.", headers={"Cc": f"d{n}@elsewhere.example"} | passed)
        for n in range(6)
    ]
    take_in(app, *some)
    shared = [sorted(taking_part(app, ticket.id)) for ticket in tickets(app)]
    assert shared == [*([f"d{n}@elsewhere.example"] for n in range(5)), []]


def test_a_blocked_sender_is_passed_over(app: Flask, cast: Cast) -> None:
    with writing(app):
        blocked_senders.block(actor=cast.ada, pattern="elsewhere.example")
    headers = {"Cc": IN_COPY, "Authentication-Results": PASSED}
    take_in(app, mail("carl@example.com", headers=headers))
    assert taking_part(app, tickets(app)[0].id) == {"bob@example.com"}


def test_what_waits_brings_nobody_until_staff_have_accepted_it(app: Flask, cast: Cast) -> None:
    headers = {"Cc": DORA, "X-Spam-Flag": "YES"}
    [message_id] = take_in(app, mail("carl@example.com", headers=headers))
    assert row(app, message_id).state == InboundState.SUSPECTED
    with app.app_context():
        assert db.session.query(User).filter_by(email=DORA).count() == 0
    with writing(app):
        waiting = db.session.get_one(InboundMessage, message_id)
        messages.read_again(waiting, by=cast.ada, accept=True)
    read(app)
    assert taking_part(app, tickets(app)[0].id) == {DORA}


@pytest.mark.parametrize(
    "headers", [{"List-Id": "<news.example.com>"}, {"Auto-Submitted": "auto-replied"}]
)
def test_lists_and_programs_bring_nobody(
    app: Flask, cast: Cast, filed: Filed, headers: dict[str, str]
) -> None:
    to = reply_address(app, filed, cast.carl.id)
    take_in(app, mail("carl@example.com", to=to, headers={"Cc": DORA, **headers}))
    assert taking_part(app, filed.id) == set()


def test_a_participant_answers_by_mail_and_brings_others(
    app: Flask, cast: Cast, filed: Filed
) -> None:
    with writing(app):
        ticket = db.session.get_one(Ticket, filed.id)
        add = {"ticket": ticket, "email": cast.bob.email, "way": "page"}
        participants.add(actor=cast.carl, **add)  # type: ignore[arg-type]
    headers = {"Subject": f"Re: [{filed.number}]", "Authentication-Results": PASSED, "Cc": DORA}
    take_in(app, mail("bob@example.com", "It is me.", headers=headers))
    assert [one.id for one in tickets(app)] == [filed.id]
    assert comments(app, filed.id)[-1].author_id == cast.bob.id
    assert taking_part(app, filed.id) == {DORA, "bob@example.com"}
    with writing(app):
        ticket = db.session.get_one(Ticket, filed.id)
        participants.remove(actor=cast.carl, ticket=ticket, user_id=cast.bob.id)
    take_in(app, mail("bob@example.com", "And again.", headers=headers))
    assert len(tickets(app)) == 2
    assert len(comments(app, filed.id)) == 2


def test_staff_bring_whom_they_put_in_copy(app: Flask, cast: Cast, filed: Filed) -> None:
    to = f"{reply_address(app, filed, cast.sam.id)}, carl@example.com, sue@example.com"
    take_in(app, mail("sam@example.com", to=to, headers={"Cc": DORA}))
    assert taking_part(app, filed.id) == {DORA}


@pytest.mark.parametrize("who", ["carl", "sam"])
def test_a_reply_address_that_others_have_seen_is_no_proof_any_more(
    app: Flask, cast: Cast, filed: Filed, who: str
) -> None:
    author = getattr(cast, who)
    to = reply_address(app, filed, author.id)
    take_in(app, mail(author.email, to=to, headers={"Cc": DORA}))
    with writing(app):
        ticket = db.session.get_one(Ticket, filed.id)
        [dora] = queries.of_ticket(filed.id)
        participants.remove(actor=cast.sam, ticket=ticket, user_id=dora.id)
    forged = mail(author.email, "Dora, too.", to=to, headers={"Cc": f"{DORA}, eve@example.com"})
    [message_id] = take_in(app, forged)
    assert taking_part(app, filed.id) == set()
    if who == "sam":
        assert row(app, message_id).reason == Reason.UNPROVEN_STAFF
    proven = mail(author.email, "It is me.", to=to, headers={"Authentication-Results": PASSED})
    take_in(app, proven)
    assert comments(app, filed.id)[-1].message == "It is me."


@pytest.mark.threat("rights kept or taken")
@pytest.mark.parametrize("by", ["sam", "bob"])
def test_whoever_was_taken_out_or_has_left_does_not_come_back_by_a_copy(
    app: Flask, cast: Cast, filed: Filed, by: str
) -> None:
    headers = {
        "Subject": f"[{filed.number}]",
        "Cc": f"{DORA}, bob@example.com",
        "Authentication-Results": PASSED,
    }
    take_in(app, mail("carl@example.com", headers=headers))
    with writing(app):
        ticket = db.session.get_one(Ticket, filed.id)
        participants.remove(actor=getattr(cast, by), ticket=ticket, user_id=cast.bob.id)
    [message_id] = take_in(app, mail("carl@example.com", "To all of you.", headers=headers))
    assert taking_part(app, filed.id) == {DORA}
    with app.app_context():
        mailed = db.session.get_one(MailedComment, row(app, message_id).comment_id)
        assert mailed.in_copy == "bob@example.com"


def test_nobody_disabled_comes_back_by_a_copy(app: Flask, cast: Cast) -> None:
    with writing(app):
        db.session.execute(update(User).where(User.id == cast.bob.id).values(is_active=False))
    headers = {"Cc": IN_COPY, "Authentication-Results": PASSED}
    take_in(app, mail("carl@example.com", headers=headers))
    assert taking_part(app, tickets(app)[0].id) == {DORA}
