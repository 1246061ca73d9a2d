"""Hostile texts through the pages of real processes: a mail server gets mails and nothing else."""

import json

import pytest
from flask import Flask

from portal.extensions import db
from portal.mail.message import FIELDS, Message
from portal.models.delivery import NoticeKind, Outbox, OutboxState
from portal.models.organizations import Organization
from portal.models.people import User
from portal.services.delivery import mail_notifications
from tests import factories
from tests.cast import Cast
from tests.flows.desk import Desk
from tests.flows.http_browser import CastBrowser
from tests.mail.outgoing import READERS, part, received
from tests.waiting import wait_for

pytestmark = [
    pytest.mark.slow,
    # What is asked here has nothing to do with the kind of database.
    pytest.mark.databases("postgresql"),
]

STRANGER = "zoe@example.com"
COMPANY = "=?utf-8?q?Acme=0D=0ABcc:_eve=40evil.example=0D=0A=0D=0AWin?= at https://evil.example"
SUBJECT = "=?utf-8?q?a=0D=0A=0D=0AText?= \u202egnp.exe\u2028X: y, z@evil.example"
# Without what turns the reading direction and breaks lines, and otherwise as it was typed.
SHOWN = "=?utf-8?q?a=0D=0A=0D=0AText?= gnp.exe X: y, z@evil.example"


def mails(desk: Desk) -> dict[str, list[bytes]]:
    """All that was taken, by recipient; each is bytes that no server has to guess at."""
    found: dict[str, list[bytes]] = {}
    for envelope in desk.mail.sink.envelopes:
        [to] = envelope.rcpt_tos
        data = bytes(envelope.content or b"")
        Message("", str(envelope.mail_from), to, data)  # raises for what must not leave
        read = received(data)
        assert set(read.keys()) <= set(FIELDS)
        assert all(reader(data)["To"] == to for reader in READERS.values())
        found.setdefault(to, []).append(data)
    return found


@pytest.mark.threat("headers made of text")
@pytest.mark.threat("words for strangers")
def test_no_text_of_a_person_makes_a_header_or_writes_to_a_stranger(
    app: Flask, cast: Cast, open_desk: Desk
) -> None:
    ann, sam = CastBrowser(cast.ann, open_desk.port), CastBrowser(cast.sam, open_desk.port)
    for person in (ann, sam):
        person.sign_in()
    assert ann.post("/account/organization", {"name": COMPANY}).status == 303
    with app.app_context():
        assert db.session.get_one(Organization, cast.ann.organization_id).name == COMPANY
    invited = {"email": STRANGER, "role": "user"}
    assert ann.post("/account/organization/invitations", invited).status == 303
    filed = ann.post("/tickets/new", {"subject": SUBJECT, "message": ".\r\nQUIT\r\n.\r\n"})
    assert filed.status == 303
    assert sam.post(f"{filed.location}/comments", {"message": "On our way."}).status == 303
    # The invitation, the receipt, the desk's own, the answer.
    open_desk.mail.sink.wait_for(4)
    taken = mails(open_desk)
    [invitation] = taken[STRANGER]
    assert "evil.example" not in part(received(invitation)) + part(received(invitation), "html")
    assert received(invitation)["Subject"] == "You are invited to an organization"
    subjects = {
        str(reader(data)["Subject"])
        for reader in READERS.values()
        for data in taken[cast.ann.email]
    }
    assert subjects == {f"[REQ000001] {SHOWN}", f"Re: [REQ000001] {SHOWN}"}


@pytest.mark.threat("headers made of text")
def test_poison_among_ten_mails_does_not_delay_the_others(
    app: Flask, cast: Cast, open_desk: Desk
) -> None:
    with factories.writing(app):
        ann = db.session.get_one(User, cast.ann.id)
        for _ in range(10):
            mail_notifications.account_notice(ann, NoticeKind.PASSWORD_CHANGED)
        db.session.flush()
        owed = db.session.scalars(db.select(Outbox).order_by(Outbox.id)).all()
        owed[0].template = "no_such_mail"
        owed[1].recipient = "=?utf-8?q?bob=40evil.example?=@example.com"
        owed[2].data = {**owed[2].data, "kind": "no such notice"}
        poisoned = {row.id for row in owed[:3]}
    open_desk.sweep_early()
    open_desk.mail.sink.wait_for(7)
    # What the mail server has taken is written down a moment later.
    wait_for(lambda: not in_state(app, OutboxState.PENDING), "settled")
    assert in_state(app, OutboxState.PARKED) == poisoned
    with app.app_context():
        rows = db.session.scalars(db.select(Outbox).order_by(Outbox.id)).all()
    assert [row.state for row in rows[3:]] == [OutboxState.SENT] * 7
    assert [row.attempts for row in rows] == [1] * 10
    assert [(row.error or "").partition(": ")[0] for row in rows[:3]] == [
        "cannot be made",
        "mail cannot be addressed to =?utf-8?q?bob=40evil.example?=@example.com",
        "cannot be made",
    ]
    checks = json.loads(CastBrowser(cast.ann, open_desk.port).get("/health/ready").text)["checks"]
    assert checks["mail"] == "degraded"


def in_state(app: Flask, state: OutboxState) -> set[int]:
    with app.app_context():
        return set(db.session.scalars(db.select(Outbox.id).where(Outbox.state == state)))
