"""Whether mail comes in: silence, and what waits."""

from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from flask import current_app

from portal import clock
from portal.extensions import begin_write, db
from portal.inbound_url import parse
from portal.models.inbound import InboundMessage, InboundState, InboundWay, Mailbox, MailboxWay
from portal.models.operations import Heartbeat, HeartbeatName
from portal.queries.inbound.health import RETRIED, SILENCE_LIMIT, health
from portal.queries.inbound.mail_glance import mail_glance
from tests.databases import BOTH

pytestmark = [BOTH, pytest.mark.usefixtures("context")]
_numbers = count(1)


def moments(columns: dict[str, Any]) -> dict[str, Any]:
    """The columns with moments for the times before now."""
    now = clock.now()
    return {
        name: now - value if isinstance(value, timedelta) else value
        for name, value in columns.items()
    }


def add_mailbox(**columns: Any) -> Mailbox:
    begin_write()
    columns = {"address": "help@example.com", "way": MailboxWay.IMAP, **columns}
    mailbox = Mailbox(**moments(columns))
    db.session.add(mailbox)
    db.session.commit()
    return mailbox


def add_mail(mailbox: Mailbox, state: InboundState, **columns: Any) -> None:
    begin_write()
    columns = {"received_at": timedelta(0), "due_at": timedelta(0), **columns}
    message = InboundMessage(
        mailbox_id=mailbox.id,
        way=InboundWay.IMAP,
        size=1,
        fingerprint=str(next(_numbers)),
        state=state,
        **moments(columns),
    )
    db.session.add(message)
    db.session.commit()


def test_without_mailboxes_nothing_is_wrong() -> None:
    found = health()
    assert (found.mailboxes, found.waiting, found.unread_for) == ((), 0, timedelta(0))
    assert not found.is_degraded


@pytest.mark.parametrize(
    ("columns", "is_silent"),
    [
        ({"last_success_at": timedelta(minutes=14)}, False),
        ({"last_success_at": timedelta(minutes=16)}, True),
        ({"last_success_at": timedelta(hours=9), "failing_since": timedelta(minutes=14)}, False),
        ({"last_success_at": timedelta(hours=9), "failing_since": timedelta(minutes=16)}, True),
        ({"created_at": timedelta(minutes=16)}, True),
        ({"created_at": timedelta(minutes=1)}, False),
        ({"created_at": timedelta(days=9), "is_active": False}, False),
        ({"created_at": timedelta(days=9), "way": MailboxWay.DELIVERED}, False),
    ],
)
def test_a_mailbox_that_should_be_fetched_and_is_not_is_silent(
    columns: dict[str, Any], *, is_silent: bool
) -> None:
    add_mailbox(**columns)
    assert bool(health().silent) is is_silent
    assert health().is_degraded is is_silent
    assert mail_glance().is_silent is is_silent


def test_mails_are_counted_by_state() -> None:
    mailbox = add_mailbox(last_success_at=timedelta(0))
    for state in (
        InboundState.HELD, InboundState.SUSPECTED, InboundState.SUSPECTED, InboundState.FAILED,
        InboundState.RECEIVED, InboundState.DONE, InboundState.DISMISSED,
    ):  # fmt: skip
        add_mail(mailbox, state)
    found = health()
    assert (found.waiting, found.held, found.suspected, found.failed) == (1, 1, 2, 1)
    assert mail_glance().undecided == 4


@pytest.mark.parametrize(
    ("columns", "is_late"),
    [
        ({"due_at": timedelta(minutes=16)}, True),
        ({"due_at": timedelta(minutes=14)}, False),
        # Somebody had an old mail read again.
        ({"received_at": timedelta(days=3), "due_at": timedelta(0)}, False),
        # It fails at each try.
        (
            {
                "received_at": timedelta(minutes=16),
                "due_at": timedelta(hours=-1),
                "attempts": RETRIED,
            },
            True,
        ),
        (
            {"received_at": timedelta(minutes=16), "due_at": timedelta(minutes=-1), "attempts": 1},
            False,
        ),
    ],
)
def test_what_nobody_reads_is_late(columns: dict[str, Any], *, is_late: bool) -> None:
    mailbox = add_mailbox(last_success_at=timedelta(0))
    add_mail(mailbox, InboundState.RECEIVED, **columns)
    found = health()
    assert found.is_unread is is_late
    assert (found.unread_for > SILENCE_LIMIT) is is_late


@pytest.mark.parametrize(("minutes", "is_gone"), [(None, True), (16, True), (14, False)])
def test_a_program_that_takes_mail_and_gives_no_sign_of_life_is_gone(
    monkeypatch: pytest.MonkeyPatch, minutes: int | None, *, is_gone: bool
) -> None:
    monkeypatch.setitem(current_app.config, "INBOUND_URL", parse("lmtp://127.0.0.1:24"))
    if minutes is not None:
        begin_write()
        seen = clock.now() - timedelta(minutes=minutes)
        db.session.add(Heartbeat(name=HeartbeatName.INBOUND, beat_at=seen))
        db.session.commit()
    assert (health().gone_since is not None) is is_gone
    assert health().is_degraded is is_gone
    assert mail_glance().is_silent is is_gone
