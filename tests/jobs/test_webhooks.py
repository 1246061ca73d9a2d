"""Events on their way to webhooks: what leaves, signed how, tried how often, held up by nobody."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from itertools import pairwise

import pytest
import time_machine
from flask import Flask
from redis import Redis

from jobs import webhooks as jobs
from jobs.sweep import deliver_due as deliver_mail
from portal import clock
from portal.extensions import begin_write, db
from portal.models import (
    Comment,
    Outbox,
    OutboxState,
    Priority,
    Role,
    Ticket,
    TicketStatus,
    User,
    Webhook,
    WebhookEvent,
    WebhookState,
)
from portal.queueing import HOOKS, QUEUE
from portal.services import accounts, organizations, tickets, users, webhooks
from portal.services.deliveries import KEEP, OPENS_AFTER
from tests import factories
from tests.cast import Cast, password_hash
from tests.hooks import attempts, deliveries, hand_over, listen, webhook
from tests.receiver import Receiver, receiver

Allowed = Callable[[], Receiver]


@pytest.fixture
def another(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Allowed]:
    """Each call is another receiver that the operator allows."""
    pairs: set[tuple[str, int]] = set()
    with ExitStack() as running:

        def start() -> Receiver:
            made = running.enter_context(receiver())
            pairs.add(("127.0.0.1", made.port))
            monkeypatch.setitem(app.config, "OUTBOUND_ALLOW", frozenset(pairs))
            return made

        yield start


@pytest.fixture
def server(another: Allowed) -> Receiver:
    return another()


def types(server: Receiver) -> list[str]:
    return [taken.type for taken in server.taken]


def states(app: Flask) -> list[str]:
    return [row.state for row in deliveries(app)]


def change(
    app: Flask, filed: factories.Filed, verb: Callable[..., object], **facts: object
) -> None:
    with factories.writing(app):
        verb(ticket=db.session.get_one(Ticket, filed.id), **facts)


def a_life(app: Flask, cast: Cast) -> None:
    """All that can happen to a ticket of Bob's."""
    filed = factories.file_ticket(app, cast.bob, "Cold radiator")
    with app.app_context():
        sue = db.session.get_one(User, cast.sue.id)
    change(app, filed, tickets.assign, actor=cast.sam, assignee=sue)
    factories.post_comment(app, cast.sue, filed, "Only for us: she is *difficult*.", internal=True)
    factories.post_comment(app, cast.sue, filed, "Turn it **on**.")
    change(app, filed, tickets.set_priority, actor=cast.sam, priority=Priority.HIGH)
    change(app, filed, tickets.set_tags, actor=cast.sam, names=["secret-tag"])
    change(app, filed, tickets.set_status, actor=cast.sam, status=TicketStatus.SOLVED)


def test_the_organization_hears_of_all_that_it_may_see(
    app: Flask, cast: Cast, server: Receiver
) -> None:
    hook = listen(app, cast.ann, server.url)
    a_life(app, cast)
    hand_over(app)
    assert types(server) == [
        "ticket.created",
        "ticket.assigned",
        "ticket.commented",
        "ticket.updated",  # new turned to open by the answer
        "ticket.updated",
        "ticket.solved",
    ]
    assert all(taken.signed_with(hook.secret) for taken in server.taken)
    assert len({taken.id for taken in server.taken}) == 6
    assert not any(b"difficult" in t.body or b"secret-tag" in t.body for t in server.taken)
    assert states(app) == [OutboxState.SENT] * 6


def test_the_desk_also_hears_of_tags_and_of_no_note(
    app: Flask, cast: Cast, server: Receiver
) -> None:
    listen(app, cast.ada, server.url, desk=True)
    a_life(app, cast)
    hand_over(app)
    assert types(server).count("ticket.updated") == 3
    assert not any(b"difficult" in taken.body for taken in server.taken)
    (tagged,) = [t.json for t in server.taken if "tags" in t.json["data"].get("changes", {})]
    assert tagged["data"]["changes"] == {"tags": {"from": [], "to": ["secret-tag"]}}
    assert tagged["data"]["ticket"]["tags"] == ["secret-tag"]


def test_an_event_is_the_allowed_fields_and_nothing_else(
    app: Flask, cast: Cast, server: Receiver
) -> None:
    listen(app, cast.ann, server.url, (WebhookEvent.TICKET_COMMENTED,))
    filed = factories.file_ticket(app, cast.bob, "Cold radiator")
    comment = factories.post_comment(app, cast.sam, filed, "Turn it **on**.")
    hand_over(app)
    (taken,) = server.taken
    assert taken.headers["content-type"] == "application/json"
    said = taken.json
    assert sorted(said) == ["data", "timestamp", "type"]
    bob, sam = f"USR{cast.bob.id:06d}", f"USR{cast.sam.id:06d}"
    ticket, told = said["data"]["ticket"], said["data"]["comment"]
    for moments, names in ((ticket, ("created_at", "updated_at")), (told, ("created_at",))):
        assert all(moments.pop(name).endswith("Z") for name in names)
    assert ticket == {
        "number": filed.number,
        "subject": "Cold radiator",
        "status": "open",
        "priority": "medium",
        "type": None,
        "department": None,
        "language": "en",
        "requester": {"id": bob, "name": "Bob Baker"},
        "assignee": None,
        "organization": {"id": f"ORG{cast.bob.organization_id:06d}", "name": "Acme"},
        "version": 3,
        "solved_at": None,
    }
    assert told == {
        "id": comment,
        "author": {"id": sam, "name": "Sam Smith"},
        "message": "Turn it **on**.",
        "html": "<p>Turn it <strong>on</strong>.</p>\n",
        "internal": False,
        "attachments": [],
    }
    assert said["data"]["actor"] == {"id": sam, "name": "Sam Smith"}


def test_a_change_says_from_what_to_what(app: Flask, cast: Cast, server: Receiver) -> None:
    listen(app, cast.ann, server.url)
    a_life(app, cast)
    hand_over(app)
    changes = [taken.json["data"].get("changes") for taken in server.taken]
    assert changes == [
        None,
        {"assignee": {"from": None, "to": f"USR{cast.sue.id:06d}"}},
        None,
        {"status": {"from": "new", "to": "open"}},
        {"priority": {"from": "medium", "to": "high"}},
        {"status": {"from": "open", "to": "solved"}},
    ]


def test_closing_a_solved_ticket_does_not_solve_it_again(
    app: Flask, cast: Cast, server: Receiver
) -> None:
    listen(app, cast.ann, server.url)
    filed = factories.file_ticket(app, cast.bob)
    for status in (TicketStatus.SOLVED, TicketStatus.CLOSED):
        change(app, filed, tickets.set_status, actor=cast.sam, status=status)
    hand_over(app)
    assert types(server) == ["ticket.created", "ticket.solved", "ticket.updated"]


def test_nobody_hears_of_another_organizations_tickets(
    app: Flask, cast: Cast, server: Receiver
) -> None:
    listen(app, cast.ann, server.url)
    factories.file_ticket(app, cast.carl)
    hand_over(app)
    assert deliveries(app) == []
    assert server.taken == []


def test_only_what_was_asked_for_is_told(app: Flask, cast: Cast, server: Receiver) -> None:
    listen(app, cast.ann, server.url, (WebhookEvent.TICKET_SOLVED,))
    a_life(app, cast)
    hand_over(app)
    assert types(server) == ["ticket.solved"]


def test_new_people_are_told_to_the_desk_without_their_private_facts(
    app: Flask, cast: Cast, server: Receiver
) -> None:
    listen(app, cast.ada, server.url, desk=True)
    with factories.writing(app):
        accounts.register(email="new@example.com", password_hash=password_hash())
    hand_over(app)
    (taken,) = server.taken
    assert taken.type == "user.created"
    user = taken.json["data"]["user"]
    assert user["email"] == "new@example.com"
    assert not {"phone", "inn", "password_hash", "epoch", "totp_secret"} & set(user)


def test_what_was_rolled_back_is_not_told(app: Flask, cast: Cast, server: Receiver) -> None:
    listen(app, cast.ann, server.url)
    with app.app_context():
        begin_write()
        tickets.file(actor=cast.ann, subject="Never mind", message="It works.")
        db.session.rollback()
    hand_over(app)
    assert deliveries(app) == []
    assert server.taken == []


def test_the_bell_is_rung_in_a_queue_of_its_own_once(
    app: Flask, cast: Cast, server: Receiver, queue_url: str
) -> None:
    listen(app, cast.ann, server.url)
    with Redis.from_url(queue_url) as queue:
        queue.flushdb()
        for _ in range(3):
            factories.file_ticket(app, cast.bob)
        assert queue.llen(f"rq:queue:{HOOKS}") == 1
        assert queue.llen(f"rq:queue:{QUEUE}") == 6  # mails


def test_both_secrets_sign_for_a_day_after_a_change(
    app: Flask, cast: Cast, server: Receiver
) -> None:
    hook = listen(app, cast.ann, server.url)
    with factories.writing(app):
        row = db.session.get_one(Webhook, hook.id)
        fresh = webhooks.rotate_secret(actor=cast.ann, webhook=row)
        assert hook.secret not in row.secret + (row.former_secret or "")
    factories.file_ticket(app, cast.ann)
    hand_over(app)
    with time_machine.travel(clock.now() + timedelta(days=1, minutes=1), tick=False):
        factories.file_ticket(app, cast.ann)
        hand_over(app)
    first, second = server.taken
    assert first.signed_with(hook.secret)
    assert first.signed_with(fresh)
    assert second.signed_with(fresh)
    assert not second.signed_with(hook.secret)


def test_a_failure_is_tried_again_under_the_same_id_until_it_is_taken(
    app: Flask, cast: Cast, server: Receiver
) -> None:
    listen(app, cast.ann, server.url)
    factories.file_ticket(app, cast.ann)
    server.answers = [500, 302, 200]
    now = clock.now()
    for minutes in (0, 2, 4, 6):
        with time_machine.travel(now + timedelta(minutes=minutes), tick=False):
            hand_over(app)
    assert len(server.taken) == 3
    assert len({taken.id for taken in server.taken}) == 1
    assert [taken.headers["webhook-timestamp"] for taken in server.taken] == sorted(
        {taken.headers["webhook-timestamp"] for taken in server.taken}
    )
    assert [(a.status, a.error) for a in attempts(app)] == [(500, None), (302, None), (200, None)]
    assert all(a.milliseconds >= 0 and a.host == f"127.0.0.1:{server.port}" for a in attempts(app))
    assert states(app) == [OutboxState.SENT]


def test_it_is_not_tried_again_before_its_pause_is_over(
    app: Flask, cast: Cast, server: Receiver
) -> None:
    listen(app, cast.ann, server.url)
    factories.file_ticket(app, cast.ann)
    server.answers = [500]
    hand_over(app)
    hand_over(app)
    assert len(server.taken) == 1
    (row,) = deliveries(app)
    assert (row.state, row.error, row.attempts) == (OutboxState.PENDING, "status", 1)
    assert row.due_at > clock.now()


def test_after_a_day_without_an_answer_the_event_is_parked_and_the_owner_told(
    app: Flask, cast: Cast, server: Receiver
) -> None:
    hook = listen(app, cast.ann, server.url)
    factories.file_ticket(app, cast.ann)
    server.answers = [503] * 1000
    now = clock.now()
    pauses = []
    for minutes in range(0, 26 * 60, 10):
        with time_machine.travel(now + timedelta(minutes=minutes), tick=False):
            taken = len(server.taken)
            hand_over(app)
            if len(server.taken) > taken:
                pauses.append(minutes)
    assert states(app) == [OutboxState.PARKED]
    assert webhook(app, hook).state == WebhookState.FAILED
    assert 12 < len(server.taken) < 40
    assert all(later - earlier <= 150 for earlier, later in pairwise(pauses))
    assert pauses[-1] >= 20 * 60
    with app.app_context():
        notices = db.session.scalars(db.select(Outbox).where(Outbox.template == "account_notice"))
        told = [(row.recipient, row.data["kind"]) for row in notices]
    assert told == [(cast.ann.email, "webhook_changed"), (cast.ann.email, "webhook_stopped")]


def test_the_circuit_opens_and_one_event_is_the_probe(
    app: Flask, cast: Cast, server: Receiver
) -> None:
    hook = listen(app, cast.ann, server.url)
    for _ in range(OPENS_AFTER + 3):
        factories.file_ticket(app, cast.ann)
    server.answers = [500] * (OPENS_AFTER + 1)
    hand_over(app)
    assert len(server.taken) == OPENS_AFTER
    assert webhook(app, hook).retry_at is not None
    hand_over(app)
    assert len(server.taken) == OPENS_AFTER
    opened = clock.now()
    with time_machine.travel(opened + timedelta(minutes=1), tick=False):
        hand_over(app)
        assert len(server.taken) == OPENS_AFTER + 1  # the probe, which fails
    with time_machine.travel(opened + timedelta(minutes=5), tick=False):
        hand_over(app)
        assert states(app) == [OutboxState.SENT] * (OPENS_AFTER + 3)
        assert webhook(app, hook).failures == 0
        assert webhook(app, hook).retry_at is None


def test_one_circuit_does_not_open_for_the_others(
    app: Flask, cast: Cast, server: Receiver, another: Allowed
) -> None:
    well = another()
    listen(app, cast.ann, server.url)
    listen(app, cast.ada, well.url, desk=True)
    server.answers = [500] * 100
    for _ in range(OPENS_AFTER + 3):
        factories.file_ticket(app, cast.ann)
    hand_over(app)
    assert len(well.taken) == OPENS_AFTER + 3


def test_a_receiver_that_says_gone_is_called_no_more(
    app: Flask, cast: Cast, server: Receiver
) -> None:
    hook = listen(app, cast.ann, server.url)
    factories.file_ticket(app, cast.ann)
    factories.file_ticket(app, cast.ann)
    server.answers = [410]
    hand_over(app)
    assert webhook(app, hook).state == WebhookState.FAILED
    assert len(server.taken) == 1
    assert states(app) == [OutboxState.PARKED] * 2


def test_a_slow_receiver_has_one_short_turn_and_holds_up_no_mail(
    app: Flask, cast: Cast, server: Receiver, another: Allowed, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = another()
    slow = listen(app, cast.ann, server.url)
    listen(app, cast.ada, quick.url, desk=True)
    for _ in range(5):
        factories.file_ticket(app, cast.ann)
    server.after = 0.3
    monkeypatch.setattr(jobs, "_SWEEP_TURN_SECONDS", 0.5)
    began = time.monotonic()
    hand_over(app)
    assert time.monotonic() - began < 3
    assert len(quick.taken) == 5
    assert 1 <= len(server.taken) <= 3
    with app.app_context():
        deliver_mail()
        assert set(db.session.scalars(db.select(Outbox.state))) == {OutboxState.SENT}
        jobs.deliver(slow.id, 0)
    assert len(server.taken) == 5


def test_a_turn_that_runs_out_of_time_asks_for_another(
    app: Flask, cast: Cast, server: Receiver, monkeypatch: pytest.MonkeyPatch, queue_url: str
) -> None:
    hook = listen(app, cast.ann, server.url)
    for _ in range(3):
        factories.file_ticket(app, cast.ann)
    monkeypatch.setattr(jobs, "_TURN_SECONDS", -1.0)
    with Redis.from_url(queue_url) as queue:
        queue.flushdb()
        with app.app_context():
            jobs.deliver(hook.id, 0)
        assert len(server.taken) == 1
        assert queue.lrange(f"rq:queue:{HOOKS}", 0, -1) == [f"webhook-{hook.id}-1".encode()]


def disable(app: Flask, cast: Cast) -> None:
    with factories.writing(app):
        ann = db.session.get_one(User, cast.ann.id)
        users.set_active(actor=cast.ada, user=ann, active=False)


def leave(app: Flask, cast: Cast) -> None:
    with factories.writing(app):
        db.session.get_one(User, cast.bob.id).organization_role = "owner"
        db.session.flush()
        organizations.leave(actor=cast.ann)


def move(app: Flask, cast: Cast) -> None:
    with factories.writing(app):
        ticket = db.session.scalars(db.select(Ticket)).one()
        ticket.organization_id = cast.carl.organization_id


def hide(app: Flask, _cast: Cast) -> None:
    with factories.writing(app):
        db.session.scalars(db.select(Comment)).one().internal = True


def unask(app: Flask, _cast: Cast) -> None:
    with factories.writing(app):
        db.session.scalars(db.select(Webhook)).one().events = ["user.created"]


@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        (disable, "unanswered_for"),
        (leave, "unanswered_for"),
        (move, "moved"),
        (hide, "internal"),
        (unask, "unasked"),
    ],
)
def test_rights_are_asked_again_when_it_is_sent(
    app: Flask,
    cast: Cast,
    server: Receiver,
    happens: Callable[[Flask, Cast], None],
    reason: str,
) -> None:
    listen(app, cast.ann, server.url)
    factories.file_ticket(app, cast.bob)
    happens(app, cast)
    hand_over(app)
    assert server.taken == []
    (row, *_) = deliveries(app)
    assert (row.state, row.error) == (OutboxState.DROPPED, reason)


def test_an_admin_who_is_none_any_more_hears_nothing(
    app: Flask, cast: Cast, server: Receiver
) -> None:
    listen(app, cast.ada, server.url, desk=True)
    factories.file_ticket(app, cast.bob)
    with factories.writing(app):
        db.session.get_one(User, cast.ada.id).role = Role.STAFF
    hand_over(app)
    assert server.taken == []


def test_an_address_that_has_become_an_inner_one_is_not_called(
    app: Flask, cast: Cast, server: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    listen(app, cast.ann, server.url)
    factories.file_ticket(app, cast.ann)
    monkeypatch.setitem(app.config, "OUTBOUND_ALLOW", frozenset())
    hand_over(app)
    assert server.taken == []
    (attempt,) = attempts(app)
    assert attempt.error == "url"


def test_what_cannot_be_made_waits_and_the_others_go(
    app: Flask, cast: Cast, server: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    listen(app, cast.ann, server.url)
    factories.file_ticket(app, cast.ann, "Broken")
    factories.file_ticket(app, cast.ann, "Well")
    whole = jobs.payload

    def breaking(parcel: jobs.queries.Parcel) -> dict[str, object]:
        if parcel.ticket is not None and parcel.ticket.subject == "Broken":
            raise ZeroDivisionError
        return whole(parcel)

    monkeypatch.setattr(jobs, "payload", breaking)
    hand_over(app)
    assert [taken.json["data"]["ticket"]["subject"] for taken in server.taken] == ["Well"]
    assert [(row.state, row.error) for row in deliveries(app)] == [
        (OutboxState.PENDING, "broken"),
        (OutboxState.SENT, None),
    ]


def test_what_waited_longer_than_a_day_is_parked_by_the_sweep(
    app: Flask, cast: Cast, server: Receiver
) -> None:
    hook = listen(app, cast.ann, server.url)
    factories.file_ticket(app, cast.ann)
    with factories.writing(app):
        db.session.get_one(Webhook, hook.id).retry_at = clock.now() + timedelta(days=3)
    with time_machine.travel(clock.now() + timedelta(days=1, minutes=1)), app.app_context():
        jobs.sweep()
    (row,) = deliveries(app)
    assert (row.state, row.error) == (OutboxState.PARKED, "late")


def test_the_log_is_kept_for_a_while_and_what_waits_for_good(
    app: Flask, cast: Cast, server: Receiver
) -> None:
    listen(app, cast.ann, server.url)
    factories.file_ticket(app, cast.ann)
    hand_over(app)
    for days, kept in ((KEEP.days - 1, 1), (KEEP.days + 1, 0)):
        with time_machine.travel(clock.now() + timedelta(days=days)), app.app_context():
            jobs.sweep()
        assert (len(deliveries(app)), len(attempts(app))) == (kept, kept)


def test_filing_without_webhooks_asks_one_question_more(app: Flask, cast: Cast) -> None:
    from tests.architecture.test_query_counts import statements

    factories.file_ticket(app, cast.bob)
    with statements(app) as seen:
        factories.file_ticket(app, cast.bob)
    about = [statement for statement in seen if "webhook" in statement]
    assert len(about) == 1
    assert "FROM webhooks" in about[0]
