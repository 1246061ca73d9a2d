"""The sweep finds what no bell was heard for, and clears away."""

import io
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from redis import Redis
from rq import Queue
from sqlalchemy import update

from jobs import sweep as sweep_module
from jobs.sweep import sweep
from portal import clock, markdown
from portal.errors import NotFound
from portal.extensions import db
from portal.mail.transport import open_transport
from portal.models.delivery import Outbox, OutboxState
from portal.models.organizations import Invitation
from portal.models.people import AccountEvent, AccountEventKind, User, UserSession
from portal.models.tickets import BulkChange, Comment
from portal.queries.delivery import outbox as outbox_queries
from portal.queueing import TURNS, Job
from portal.security.people import sessions
from portal.services.delivery.outbox import MAX_ATTEMPTS, Mail, owe
from portal.services.people import account_log
from portal.storage import SHARDS
from tests import factories
from tests.cast import Cast
from tests.factories import writing
from tests.sink import sink


def states(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(db.select(Outbox.state).order_by(Outbox.id)))


def run(app: Flask) -> None:
    with app.app_context():
        sweep()


def turns(queue: Redis) -> int:
    waiting = Queue(TURNS, connection=queue).jobs
    return [job.func_name for job in waiting].count(Job.DRAIN_OUTBOX)


@pytest.fixture
def workers(queue: Redis, app: Flask) -> None:
    """Three are there, as far as the queue server knows."""
    for number in range(3):
        queue.sadd(f"rq:workers:{TURNS}", f"rq:worker:{number}")


@pytest.mark.usefixtures("workers")
def test_each_worker_has_a_turn_at_mail_that_was_not_rung_for(
    app: Flask, cast: Cast, queue: Redis
) -> None:
    for person in (cast.ann, cast.bob, cast.carl):
        factories.file_ticket(app, person)
    run(app)
    assert turns(queue) == 3
    assert states(app) == [OutboxState.PENDING] * 6
    run(app)
    assert turns(queue) == 3, "more turns than workers"


@pytest.mark.usefixtures("workers")
def test_nobody_has_a_turn_when_nothing_is_due(app: Flask, cast: Cast, queue: Redis) -> None:
    run(app)
    assert turns(queue) == 0
    factories.file_ticket(app, cast.ann)
    with writing(app):
        later = clock.now() + timedelta(minutes=1)
        db.session.execute(
            update(Outbox).where(Outbox.template == "ticket_filed").values(due_at=later)
        )
    run(app)
    assert turns(queue) == 1, "one mail is due"


def test_without_a_worker_nothing_is_rung_for(app: Flask, cast: Cast, queue: Redis) -> None:
    factories.file_ticket(app, cast.ann)
    run(app)
    assert turns(queue) == 0


def test_a_mail_that_killed_every_worker_is_parked(app: Flask, cast: Cast) -> None:
    factories.file_ticket(app, cast.ann)
    with writing(app):
        for row in db.session.scalars(db.select(Outbox)):
            row.attempts = MAX_ATTEMPTS
    run(app)
    run(app)
    assert states(app) == [OutboxState.PARKED] * 2


def test_sessions_that_ran_out_are_removed_and_others_stay(app: Flask, cast: Cast) -> None:
    with writing(app):
        ann = db.session.get_one(User, cast.ann.id)
        for days in (1, 10):
            sessions.start(
                ann,
                remembered=False,
                lifetime=timedelta(days=days),
                address="127.0.0.1",
                user_agent="",
            )
    with time_machine.travel(clock.now() + timedelta(days=2), tick=False):
        run(app)
    with app.app_context():
        assert len(list(db.session.scalars(db.select(UserSession)))) == 1


def test_one_part_that_breaks_does_not_stop_the_next(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_most: int) -> int:
        raise ZeroDivisionError

    with writing(app):
        ann = db.session.get_one(User, cast.ann.id)
        sessions.start(
            ann, remembered=False, lifetime=timedelta(), address="127.0.0.1", user_agent=""
        )
    factories.file_ticket(app, cast.ann)
    monkeypatch.setattr(outbox_queries, "count_due", broken)
    run(app)
    assert "ring_for_mail failed" in caplog.text
    with app.app_context():
        assert list(db.session.scalars(db.select(UserSession))) == []


def test_a_file_that_no_row_names_is_removed_within_a_day_of_sweeps(app: Flask) -> None:
    storage = app.extensions["lodge.storage"]
    key = storage.put(io.BytesIO(b"left behind"), limit=100).key
    tomorrow = clock.now() + timedelta(days=1, minutes=1)
    for minute in range(SHARDS):
        with clock.at(tomorrow + timedelta(minutes=minute)), app.app_context():
            sweep_module.remove_orphans()
    with pytest.raises(NotFound):
        storage.open(key)


LONG_AGO = timedelta(days=400)


@pytest.fixture
def smtp(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with sink() as server:
        transport = open_transport(f"smtp://127.0.0.1:{server.port}?tls=0")
        monkeypatch.setitem(app.extensions, "lodge.mail", transport)
        yield


def mail(state: OutboxState, age: timedelta) -> None:
    """A mail that was settled so long ago."""
    owe(Mail(template="account_deleted", recipient="zoe@example.com"))
    [row] = db.session.scalars(db.select(Outbox).where(Outbox.state == OutboxState.PENDING))
    row.state, row.due_at = state, clock.now() - age
    db.session.flush()


def mails(app: Flask) -> None:
    with writing(app):
        mail(OutboxState.SENT, LONG_AGO)
        mail(OutboxState.DROPPED, LONG_AGO)
        mail(OutboxState.PARKED, LONG_AGO)
        mail(OutboxState.SENT, timedelta(days=300))


@pytest.mark.usefixtures("smtp")
def test_old_mails_go_but_those_that_somebody_has_to_decide_about(app: Flask) -> None:
    mails(app)
    with app.app_context():
        sweep_module.delete_old_mails()
    assert states(app) == [OutboxState.PARKED, OutboxState.SENT]


def test_by_old_mails_files_are_found_so_they_stay_where_there_are_some(app: Flask) -> None:
    mails(app)
    with app.app_context():
        sweep_module.delete_old_mails()
    assert len(states(app)) == 4


@pytest.mark.usefixtures("smtp")
def test_what_is_from_lately_stays_however_short_logs_are_kept(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "LOG_RETENTION", timedelta(0))
    with writing(app):
        mail(OutboxState.SENT, timedelta(days=6))
        mail(OutboxState.SENT, timedelta(days=8))
    with app.app_context():
        sweep_module.delete_old_mails()
    assert states(app) == [OutboxState.SENT]


@pytest.mark.usefixtures("smtp")
def test_each_sweep_takes_a_bounded_batch(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep_module, "_BATCH", 2)
    with writing(app):
        for _ in range(5):
            mail(OutboxState.SENT, LONG_AGO)
    left = []
    for _ in range(3):
        with app.app_context():
            sweep_module.delete_old_mails()
        left.append(len(states(app)))
    assert left == [3, 1, 0]


def test_old_visits_go_and_what_changed_an_account_stays(app: Flask, cast: Cast) -> None:
    kinds = (
        AccountEventKind.EMAIL_CHANGED,
        AccountEventKind.SIGNED_IN,
        AccountEventKind.SIGN_IN_FAILED,
        AccountEventKind.SIGNED_OUT,
    )
    with writing(app):
        db.session.execute(db.delete(AccountEvent))
        ann = db.session.get_one(User, cast.ann.id)
        for age in (LONG_AGO, timedelta(days=300)):
            with clock.at(clock.now() - age):
                for kind in kinds:
                    account_log.record(user=ann, kind=kind)
    run(app)
    with app.app_context():
        left = db.session.scalars(db.select(AccountEvent.kind).order_by(AccountEvent.id))
        assert list(left) == [kinds[0], *kinds]


def test_the_number_of_the_newest_line_is_not_given_again(app: Flask, cast: Cast) -> None:
    def visit() -> int:
        with writing(app):
            ann = db.session.get_one(User, cast.ann.id)
            event = account_log.record(user=ann, kind=AccountEventKind.SIGNED_IN)
            db.session.flush()
            return event.id

    with clock.at(clock.now() - LONG_AGO):
        last = [visit() for _ in range(3)][-1]
    run(app)
    run(app)
    assert visit() == last + 1
    with app.app_context():
        assert db.session.query(AccountEvent).filter_by(kind="signed_in").count() == 2


def test_invitations_that_ran_out_long_ago_go(app: Flask, cast: Cast) -> None:
    with writing(app):
        for age in (LONG_AGO, timedelta(days=300)):
            db.session.add(
                Invitation(
                    organization_id=cast.ann.organization_id,
                    email="zoe@example.com",
                    role="user",
                    invited_by_id=cast.ann.id,
                    expires_at=clock.now() - age,
                )
            )
    run(app)
    with app.app_context():
        assert db.session.query(Invitation).count() == 1


def test_bulk_actions_go_when_they_cannot_be_taken_back_any_more(app: Flask, cast: Cast) -> None:
    with writing(app):
        for minutes in (9, 11):
            db.session.add(
                BulkChange(
                    token=str(minutes),
                    actor_id=cast.sam.id,
                    action="status",
                    changes=[],
                    created_at=clock.now() - timedelta(minutes=minutes),
                )
            )
    run(app)
    with app.app_context():
        assert [row.token for row in db.session.query(BulkChange)] == ["9"]


def test_old_messages_are_shown_as_the_newest_renderer_has_them(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep_module, "_RENDERED", 2)
    monkeypatch.setattr(sweep_module, "_RENDER_SECONDS", 60.0)  # busy machines need some
    for number in range(5):
        factories.file_ticket(app, cast.ann, message=f"Number **{number}**.")
    with writing(app):
        db.session.execute(update(Comment).values(html="<script>evil()</script>"))
    run(app)
    assert rendered(app)[0] == (1, "<script>evil()</script>"), "nothing is newer than it was"
    monkeypatch.setattr(markdown, "RENDERER_VERSION", 2)
    run(app)
    assert rendered(app) == [(2, f"<p>Number <strong>{n}</strong>.</p>") for n in range(5)]


def test_a_message_that_changes_while_it_is_rendered_is_rendered_by_the_next_sweep(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when its writer is forgotten at that moment."""
    factories.file_ticket(app, cast.ann, message="My name is Ann.")
    render = markdown.render

    def meanwhile(message: str) -> str:
        with writing(app):
            db.session.execute(update(Comment).values(message="", html=""))
        return render(message)

    monkeypatch.setattr(sweep_module, "_RENDER_SECONDS", 60.0)  # busy machines need some
    monkeypatch.setattr(markdown, "RENDERER_VERSION", 2)
    with monkeypatch.context() as patch:
        patch.setattr(markdown, "render", meanwhile)
        run(app)
    assert rendered(app) == [(1, "")]
    run(app)
    assert rendered(app) == [(2, "")]


def rendered(app: Flask) -> list[tuple[int, str]]:
    with app.app_context():
        rows = db.session.query(Comment).order_by(Comment.id)
        return [(row.renderer_version, row.html.strip()) for row in rows]
