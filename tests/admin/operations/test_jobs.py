"""`/admin/jobs`: how late background work is, and how the last runs ended."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from redis import Redis
from rq import Queue
from rq.job import Job
from rq.registry import FailedJobRegistry
from rq.results import Result
from sqlalchemy import select

from portal import clock
from portal.admin.operations.mails import ACTIONS, STATES
from portal.cli.outbox import outbox as outbox_commands
from portal.extensions import db
from portal.models.delivery import Outbox, OutboxState
from portal.models.operations import Heartbeat
from portal.models.webhooks import Webhook
from portal.queries.delivery import outbox as queries
from portal.queueing import QUEUE
from portal.services.delivery.outbox import Mail, schedule_mails
from portal.services.operations import mail_care
from tests import factories
from tests.cast import Cast
from tests.conftest import MakeApp
from tests.databases import Database
from tests.page import Visitor


def test_a_part_that_failed_is_named_with_its_error(client: Visitor, app: Flask, cast: Cast):
    began = clock.now() - timedelta(seconds=90)
    with factories.writing(app):
        for name, error in (("sweep:seal_actions", None), ("sweep:forget_due", "OSError")):
            db.session.add(
                Heartbeat(
                    name=name,
                    beat_at=began,
                    began_at=began,
                    seconds=0.25,
                    error=error,
                    every_seconds=180 if error else None,
                )
            )
    page = client.sign_in(cast.ada).get("/admin/jobs")
    rows = [
        [cell.text for cell in row.all("td")]
        for row in page.one("table", id="runs").one("tbody").all("tr")
    ]
    assert [row[2:] for row in rows] == [["250 ms", "", "OSError"], ["250 ms", "", "went well"]]
    assert [row[0] for row in rows] == ["3 min", ""]
    assert all(row[1].endswith(" s ago") for row in rows)
    assert "never ran" in page.one("section", id="lags").text  # the sweep itself


def test_a_desk_that_has_just_begun_says_that_nothing_ran(client: Visitor, cast: Cast):
    assert "No task of the sweeps has run yet." in client.sign_in(cast.ada).get("/admin/jobs").words


def parked(app: Flask, *reasons: str) -> list[int]:
    """A mail that was given up for each reason."""
    with factories.writing(app):
        for number, reason in enumerate(reasons):
            schedule_mails(Mail(template="reset_password", recipient=f"p{number}@example.com"))
            db.session.flush()
            newest = db.session.scalars(select(Outbox).order_by(Outbox.id.desc())).first()
            assert newest
            newest.state, newest.error = OutboxState.PARKED, reason
    with app.app_context():
        return list(db.session.scalars(select(Outbox.id).order_by(Outbox.id)))


def states(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(Outbox.state).order_by(Outbox.id)))


def test_all_mails_of_a_reason_are_sent_again(client: Visitor, app: Flask, cast: Cast):
    parked(app, "550 no such user", "550 no such user", "refused <b>")
    page = client.sign_in(cast.ada).get("/admin/jobs")
    shown = page.one("section", id="parked").all("li")
    assert [row.all("p")[0].text for row in shown] == ["550 no such user", "refused <b>"]
    answer = client.post("/admin/jobs/mails", {"reason": "550 no such user"}, 303)
    assert "2 mails are changed." in client.follow(answer).words
    assert states(app) == ["pending", "pending", "parked"]
    assert "Owed mails sent again or let go" in client.get("/account/log").words


def test_one_mail_is_sent_again_parked_or_let_go(client: Visitor, app: Flask, cast: Cast):
    [first, second] = parked(app, "one", "two")
    client.sign_in(cast.ada)
    assert client.get("/admin/jobs/mails").one("li", id=f"mail-{first}").all("button")
    for action, ids, expected in [
        ("retry", first, ["pending", "parked"]),
        ("park", first, ["parked", "parked"]),
        ("drop", second, ["parked", "dropped"]),
    ]:
        client.post("/admin/jobs/mails", {"action": action, "ids": str(ids)}, 303)
        assert states(app) == expected
    page = client.get("/admin/jobs/mails?state=dropped")
    assert page.one("li", id=f"mail-{second}")


def test_a_mail_that_was_sent_is_not_sent_twice(client: Visitor, app: Flask, cast: Cast):
    [only] = parked(app, "one")
    with factories.writing(app):
        db.session.get_one(Outbox, only).state = OutboxState.SENT
    client.sign_in(cast.ada)
    answer = client.post("/admin/jobs/mails", {"action": "retry", "ids": str(only)}, 303)
    assert "Nothing was changed" in client.follow(answer).words
    assert states(app) == ["sent"]


@pytest.mark.parametrize(
    "fields",
    [{"action": "burn", "ids": "1"}, {"action": "retry"}, {"action": "retry", "ids": "one"}, {}],
)
def test_what_cannot_be_read_is_refused(client: Visitor, cast: Cast, fields: dict[str, str]):
    client.sign_in(cast.ada).post("/admin/jobs/mails", fields, 422)
    client.get("/admin/jobs/mails?state=lost", 422)
    client.get("/admin/jobs/mails?cursor=x", 422)


def test_the_list_of_a_state_goes_on(client: Visitor, app: Flask, cast: Cast):
    parked(app, *["same"] * (queries.PAGE + 1))
    page = client.sign_in(cast.ada).get("/admin/jobs/mails")
    assert len(page.all("li", id=True)) == queries.PAGE
    more = next(a["href"] for a in page.all("a") if "cursor" in (a["href"] or ""))
    assert len(client.get(more).all("li", id=True)) == 1


def test_a_failed_job_shows_its_trace_and_is_tried_again(
    client: Visitor, app: Flask, cast: Cast, queue: Redis
):
    jobs = Queue(QUEUE, connection=queue)
    job = Job.create(
        "jobs.outbox.deliver", args=["x"], connection=queue, failure_ttl=60, origin=QUEUE
    )
    job.save()
    FailedJobRegistry(QUEUE, connection=queue).add(job, ttl=60)
    Result.create_failure(job, ttl=60, exc_string="Traceback\nValueError: <x>")
    client.sign_in(cast.ada)
    page = client.get("/admin/jobs")
    assert "ValueError: <x>" in page.one("section", id="failed").text
    client.follow(client.post(f"/admin/jobs/failed/{job.id}", {}, 303))
    assert jobs.job_ids == [job.id]
    client.post(f"/admin/jobs/failed/{job.id}", {}, 404)


def test_without_a_queue_server_the_page_says_so(client: Visitor, cast: Cast, another_app: MakeApp):
    other = another_app(REDIS_URL="unix:///nowhere/queue.sock?db=0")
    page = Visitor(other).sign_in(cast.ada).get("/admin/jobs")
    assert "The queue does not answer" in page.words
    Visitor(other).sign_in(cast.ada).post("/admin/jobs/failed/x", {}, 404)


def test_a_webhook_that_is_held_is_named(client: Visitor, app: Flask, cast: Cast):
    with factories.writing(app):
        hook = Webhook(
            url="https://shop.example/hook", events=["user.created"], secret="x", failures=7,
            failing_since=clock.now(), retry_at=clock.now() + timedelta(minutes=5),
        )  # fmt: skip
        db.session.add(hook)
    page = client.sign_in(cast.ada).get("/admin/jobs")
    assert "shop.example" in page.one("section", id="held").text


def test_versions_and_room_are_shown(client: Visitor, cast: Cast, database: Database):
    page = client.sign_in(cast.ada).get("/admin/jobs")
    kind = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}[database.name]
    assert kind in page.one("section", id="versions").text
    assert (
        "MB" in page.one("section", id="storage").text
        or "GB" in page.one("section", id="storage").text
    )


def test_the_page_can_what_the_command_can():
    """`status` is the tabs with their counts, `list` the list of a state."""
    verbs = set(outbox_commands.commands) - {"list", "status"}
    assert verbs == set(mail_care.VERBS)
    offered = {verb for actions in ACTIONS.values() for verb in actions}
    assert offered == verbs
    assert set(STATES) == set(OutboxState)


def test_only_admins_see_and_change_it(visit: Callable[[], Visitor], app: Flask, cast: Cast):
    [only] = parked(app, "one")
    for person, status in ((cast.sam, 403), (cast.ann, 404)):
        visitor = visit().sign_in(person)
        visitor.get("/admin/jobs/mails", status)
        visitor.post("/admin/jobs/mails", {"action": "drop", "ids": str(only)}, status)
    assert states(app) == ["parked"]
