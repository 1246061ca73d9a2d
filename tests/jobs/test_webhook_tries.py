"""Events on their way: tried how often, given up when, held up by nobody, with which rights."""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest
import time_machine
from flask import Flask
from redis import Redis

from jobs import webhooks as jobs
from jobs.outbox import send_due
from portal import clock
from portal.extensions import db
from portal.models.delivery import Outbox, OutboxState
from portal.models.people import Role, User
from portal.models.tickets import Comment, Ticket
from portal.models.webhooks import Webhook, WebhookDelivery, WebhookState
from portal.queueing import BACKLOG_QUEUE, Enqueuer
from portal.services.organizations import organizations
from portal.services.people import users
from portal.services.webhooks import webhooks
from portal.services.webhooks.deliveries import KEEP, OPENS_AFTER
from tests import factories
from tests.cast import Cast
from tests.jobs.conftest import Allowed
from tests.waiting import PATIENCE
from tests.webhook_receiver import Receiver
from tests.webhooks import attempts, create_webhook, deliver_due, deliveries, webhook


def states(app: Flask) -> list[str]:
    return [row.state for row in deliveries(app)]


def test_a_failure_is_tried_again_under_the_same_id_until_it_is_taken(
    app: Flask, cast: Cast, hooked: Receiver
) -> None:
    create_webhook(app, cast.ann, hooked.url)
    factories.file_ticket(app, cast.ann)
    hooked.answers = [500, 302, 200]
    now = clock.now()
    for minutes in (0, 2, 4, 6):
        with time_machine.travel(now + timedelta(minutes=minutes), tick=False):
            deliver_due(app)
    assert len(hooked.taken) == 3
    assert len({taken.id for taken in hooked.taken}) == 1
    assert [taken.headers["webhook-timestamp"] for taken in hooked.taken] == sorted(
        {taken.headers["webhook-timestamp"] for taken in hooked.taken}
    )
    assert [(a.status, a.error) for a in attempts(app)] == [(500, None), (302, None), (200, None)]
    assert all(a.milliseconds >= 0 and a.host == f"127.0.0.1:{hooked.port}" for a in attempts(app))
    assert states(app) == [OutboxState.SENT]


def test_it_is_not_tried_again_before_its_pause_is_over(
    app: Flask, cast: Cast, hooked: Receiver
) -> None:
    create_webhook(app, cast.ann, hooked.url)
    factories.file_ticket(app, cast.ann)
    hooked.answers = [500]
    deliver_due(app)
    deliver_due(app)
    assert len(hooked.taken) == 1
    (row,) = deliveries(app)
    assert (row.state, row.error, row.attempts) == (OutboxState.PENDING, "status", 1)
    assert row.due_at > clock.now()


def test_a_worker_comes_when_the_pause_is_over_and_not_with_the_next_sweep(
    app: Flask, cast: Cast, hooked: Receiver, queue: Redis
) -> None:
    create_webhook(app, cast.ann, hooked.url)
    factories.file_ticket(app, cast.ann)
    hooked.answers = [500, 500, 200]
    enqueuer: Enqueuer = app.extensions["lodge.enqueuer"]
    queue.delete("lodge:later")
    deliver_due(app)
    for _ in range(2):
        queue.delete(f"rq:queue:{BACKLOG_QUEUE}")
        (row,) = deliveries(app)
        assert enqueuer.enqueue_due(row.due_at - timedelta(milliseconds=1)) == 0
        assert enqueuer.enqueue_due(row.due_at) == 1
        with time_machine.travel(row.due_at, tick=False):
            deliver_due(app)
    assert states(app) == [OutboxState.SENT]
    assert enqueuer.enqueue_due(clock.now() + timedelta(days=1)) == 0


def test_while_a_webhook_rests_the_probe_is_what_a_worker_comes_for(
    app: Flask, cast: Cast, hooked: Receiver, queue: Redis
) -> None:
    hook = create_webhook(app, cast.ann, hooked.url)
    factories.file_ticket(app, cast.ann)
    hooked.answers = [500] * OPENS_AFTER
    for _ in range(OPENS_AFTER):
        queue.delete("lodge:later")
        (row,) = deliveries(app)
        with time_machine.travel(row.due_at, tick=False):
            deliver_due(app)
    (row,) = deliveries(app)
    ends = webhook(app, hook).retry_at
    assert ends is not None
    (call,) = queue.zrange("lodge:later", 0, -1, withscores=True)
    assert call[1] == pytest.approx(max(ends, row.due_at).timestamp(), abs=0.01)


def test_after_a_day_without_an_answer_the_event_is_parked_and_the_owner_told(
    app: Flask, cast: Cast, hooked: Receiver
) -> None:
    hook = create_webhook(app, cast.ann, hooked.url)
    factories.file_ticket(app, cast.ann)
    hooked.answers = [503] * 1000
    now = clock.now()
    pauses = []
    for minutes in range(0, 26 * 60, 10):
        with time_machine.travel(now + timedelta(minutes=minutes), tick=False):
            taken = len(hooked.taken)
            deliver_due(app)
            if len(hooked.taken) > taken:
                pauses.append(minutes)
    assert states(app) == [OutboxState.PARKED]
    assert webhook(app, hook).state == WebhookState.FAILED
    assert 12 < len(hooked.taken) < 40
    assert all(later - earlier <= 150 for earlier, later in pairwise(pauses))
    assert pauses[-1] >= 20 * 60
    with app.app_context():
        query = db.select(Outbox).where(Outbox.template == "account_notice").order_by(Outbox.id)
        notices = db.session.scalars(query)
        told = [(row.recipient, row.data["kind"]) for row in notices]
    assert told == [(cast.ann.email, "webhook_changed"), (cast.ann.email, "webhook_stopped")]


def test_the_circuit_opens_and_one_event_is_the_probe(
    app: Flask, cast: Cast, hooked: Receiver
) -> None:
    hook = create_webhook(app, cast.ann, hooked.url)
    for _ in range(OPENS_AFTER + 3):
        factories.file_ticket(app, cast.ann)
    hooked.answers = [500] * (OPENS_AFTER + 1)
    deliver_due(app)
    assert len(hooked.taken) == OPENS_AFTER
    assert webhook(app, hook).retry_at is not None
    deliver_due(app)
    assert len(hooked.taken) == OPENS_AFTER
    opened = clock.now()
    with time_machine.travel(opened + timedelta(minutes=1), tick=False):
        deliver_due(app)
        assert len(hooked.taken) == OPENS_AFTER + 1  # the probe, which fails
    with time_machine.travel(opened + timedelta(minutes=5), tick=False):
        deliver_due(app)
        assert states(app) == [OutboxState.SENT] * (OPENS_AFTER + 3)
        assert webhook(app, hook).failures == 0
        assert webhook(app, hook).retry_at is None


def test_one_failure_long_after_another_switches_nothing_off(
    app: Flask, cast: Cast, hooked: Receiver
) -> None:
    hook = create_webhook(app, cast.ann, hooked.url)
    hooked.answers = [500] * 3
    now = clock.now()
    for days in (0, 2, 4):
        with time_machine.travel(now + timedelta(days=days), tick=False):
            factories.file_ticket(app, cast.ann)
            deliver_due(app)
        assert (webhook(app, hook).state, webhook(app, hook).failures) == ("active", 1)
        with factories.writing(app):
            for row in db.session.scalars(db.select(WebhookDelivery)):
                row.state = OutboxState.PARKED


def test_a_webhook_that_is_deleted_while_it_is_called_ends_the_turn_quietly(
    app: Flask, cast: Cast, hooked: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = create_webhook(app, cast.ann, hooked.url)
    factories.file_ticket(app, cast.ann)
    whole = jobs.outbound.post

    def deleting(*args: object, **options: object) -> int:
        with factories.writing(app):
            row = db.session.get_one(Webhook, hook.id)
            webhooks.delete(actor=cast.ann, webhook=row)
        return whole(*args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(jobs.outbound, "post", deleting)
    deliver_due(app)
    assert len(hooked.taken) == 1
    assert deliveries(app) == []


def test_one_circuit_does_not_open_for_the_others(
    app: Flask, cast: Cast, hooked: Receiver, another: Allowed
) -> None:
    well = another()
    create_webhook(app, cast.ann, hooked.url)
    create_webhook(app, cast.ada, well.url, desk=True)
    hooked.answers = [500] * 100
    for _ in range(OPENS_AFTER + 3):
        factories.file_ticket(app, cast.ann)
    deliver_due(app)
    assert len(well.taken) == OPENS_AFTER + 3


def test_a_receiver_that_says_gone_is_called_no_more(
    app: Flask, cast: Cast, hooked: Receiver
) -> None:
    hook = create_webhook(app, cast.ann, hooked.url)
    factories.file_ticket(app, cast.ann)
    factories.file_ticket(app, cast.ann)
    hooked.answers = [410]
    deliver_due(app)
    assert webhook(app, hook).state == WebhookState.FAILED
    assert len(hooked.taken) == 1
    assert states(app) == [OutboxState.PARKED] * 2


def test_a_slow_receiver_has_one_short_turn_and_holds_up_no_mail(
    app: Flask, cast: Cast, hooked: Receiver, another: Allowed
) -> None:
    quick = another()
    slow = create_webhook(app, cast.ann, hooked.url)
    create_webhook(app, cast.ada, quick.url, desk=True)
    for _ in range(5):
        factories.file_ticket(app, cast.ann)
    hooked.after = 0.3
    deliver_due(app, turn=0.5)
    assert quick.taken
    assert 1 <= len(hooked.taken) <= 3
    hooked.after = 0
    with app.app_context():
        send_due(PATIENCE)
        assert set(db.session.scalars(db.select(Outbox.state))) == {OutboxState.SENT}
        jobs.deliver(slow.id, 0)
    assert len(hooked.taken) == 5


def test_a_turn_that_runs_out_of_time_asks_for_another(
    app: Flask, cast: Cast, hooked: Receiver, monkeypatch: pytest.MonkeyPatch, queue_url: str
) -> None:
    hook = create_webhook(app, cast.ann, hooked.url)
    for _ in range(3):
        factories.file_ticket(app, cast.ann)
    monkeypatch.setattr(jobs, "_TURN_SECONDS", -1.0)
    with Redis.from_url(queue_url) as queue:
        queue.flushdb()
        with app.app_context():
            jobs.deliver(hook.id, 0)
        assert len(hooked.taken) == 1
        assert queue.lrange(f"rq:queue:{BACKLOG_QUEUE}", 0, -1) == [f"webhook-{hook.id}-1".encode()]


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
    hooked: Receiver,
    happens: Callable[[Flask, Cast], None],
    reason: str,
) -> None:
    create_webhook(app, cast.ann, hooked.url)
    factories.file_ticket(app, cast.bob)
    happens(app, cast)
    deliver_due(app)
    assert hooked.taken == []
    (row, *_) = deliveries(app)
    assert (row.state, row.error) == (OutboxState.DROPPED, reason)


def test_an_admin_who_is_none_any_more_hears_nothing(
    app: Flask, cast: Cast, hooked: Receiver
) -> None:
    create_webhook(app, cast.ada, hooked.url, desk=True)
    factories.file_ticket(app, cast.bob)
    with factories.writing(app):
        db.session.get_one(User, cast.ada.id).role = Role.STAFF
    deliver_due(app)
    assert hooked.taken == []


def test_an_address_that_has_become_an_inner_one_is_not_called(
    app: Flask, cast: Cast, hooked: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_webhook(app, cast.ann, hooked.url)
    factories.file_ticket(app, cast.ann)
    monkeypatch.setitem(app.config, "OUTBOUND_ALLOW", frozenset())
    deliver_due(app)
    assert hooked.taken == []
    (attempt,) = attempts(app)
    assert attempt.error == "url"


def test_what_cannot_be_made_is_parked_at_once_and_the_others_go(
    app: Flask, cast: Cast, hooked: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_webhook(app, cast.ann, hooked.url)
    factories.file_ticket(app, cast.ann, "Broken")
    factories.file_ticket(app, cast.ann, "Well")
    whole = jobs.payload

    def breaking(outgoing: jobs.OutgoingEvent) -> dict[str, object]:
        if outgoing.ticket is not None and outgoing.ticket.subject == "Broken":
            raise ZeroDivisionError
        return whole(outgoing)

    monkeypatch.setattr(jobs, "payload", breaking)
    deliver_due(app)
    assert [taken.json["data"]["ticket"]["subject"] for taken in hooked.taken] == ["Well"]
    assert [(row.state, row.error) for row in deliveries(app)] == [
        (OutboxState.PARKED, "broken"),
        (OutboxState.SENT, None),
    ]


def test_what_waited_longer_than_a_day_is_parked_by_the_sweep(
    app: Flask, cast: Cast, hooked: Receiver
) -> None:
    hook = create_webhook(app, cast.ann, hooked.url)
    factories.file_ticket(app, cast.ann)
    with factories.writing(app):
        db.session.get_one(Webhook, hook.id).retry_at = clock.now() + timedelta(days=3)
    with time_machine.travel(clock.now() + timedelta(days=1, minutes=1)), app.app_context():
        jobs.sweep()
    (row,) = deliveries(app)
    assert (row.state, row.error) == (OutboxState.PARKED, "late")


def test_the_log_is_kept_for_a_while_and_what_waits_for_good(
    app: Flask, cast: Cast, hooked: Receiver
) -> None:
    create_webhook(app, cast.ann, hooked.url)
    factories.file_ticket(app, cast.ann)
    deliver_due(app)
    for days, kept in ((KEEP.days - 1, 1), (KEEP.days + 1, 0)):
        with time_machine.travel(clock.now() + timedelta(days=days)), app.app_context():
            jobs.sweep()
        assert (len(deliveries(app)), len(attempts(app))) == (kept, kept)


def test_filing_without_webhooks_asks_one_question_more(app: Flask, cast: Cast) -> None:
    from tests.statements import statements

    factories.file_ticket(app, cast.bob)
    with statements(app) as seen:
        factories.file_ticket(app, cast.bob)
    about = [statement for statement in seen if "webhook" in statement]
    assert len(about) == 1
    assert "FROM webhooks" in about[0]
