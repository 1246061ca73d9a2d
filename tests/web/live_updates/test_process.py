"""Pages are led to the process of streams, with what their readers may hear of."""

import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from flask import Flask
from redis import Redis

from portal import clock
from portal.extensions import db
from portal.live_events import ENDED_CHANNEL, PROCESSES_KEY, subscriptions
from portal.live_events.endings import PersonEnded, SessionEnded, read
from portal.live_events.subscriptions import Subscription
from portal.models.organizations import Organization
from portal.models.people import Actor, User
from portal.security.people import sessions
from portal.services.organizations import standing
from portal.services.people import users
from tests import factories
from tests.bare_app import ENVIRONMENT
from tests.cast import Cast
from tests.conftest import MakeApp
from tests.page import Visitor
from tests.servers import free_port

QUEUE, TICKET = "/tickets/queue/live", "/tickets/REQ000001/live"
KEY = ENVIRONMENT["SECRET_KEY"]
ELSEWHERE = "http://127.0.0.1:8001"


def leave_sign(queue: Redis, name: str = "p1", streams: int = 3, seconds: float = 60) -> None:
    queue.hset(PROCESSES_KEY, name, f"{clock.now().timestamp() + seconds:.1f} {streams}")


@pytest.fixture
def desk(app: Flask, another_app: MakeApp, queue: Redis) -> Flask:
    """One whose process of streams has just been there."""
    leave_sign(queue)
    return another_app(STREAMS_LISTEN="127.0.0.1:8001")


def led(desk: Flask, person: Actor, path: str) -> Subscription:
    """What that person is sent there with."""
    answer = Visitor(desk).sign_in(person).http.get(path)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (307, "no-store")
    address = urlsplit(answer.headers["Location"])
    assert address.netloc in {"", "127.0.0.1:8001"}
    assert address.path.startswith(subscriptions.PATH)
    found = subscriptions.read(address.path.removeprefix(subscriptions.PATH), [KEY])
    assert found is not None
    return found


def test_a_page_is_sent_there_with_what_it_may_hear_of(desk: Flask, cast: Cast) -> None:
    ticket = factories.file_ticket(desk, cast.ann)
    before = clock.now().timestamp()
    ann = led(desk, cast.ann, f"{TICKET}?page={'0' * 16}&since=12.5")
    assert ann.topics.all == {f"ticket-{ticket.id}"}
    assert (ann.reader, ann.page, ann.since, ann.origin) == (cast.ann.id, "0" * 16, 12.5, "")
    assert 119 < ann.until - before < 125
    sam = led(desk, cast.sam, f"{QUEUE}?assignee=me")
    assert sam.topics.soon == {f"assignee-{cast.sam.id}"}
    assert sam.topics.later == {"queue"}
    assert sam.topics.named == {f"person-{cast.sam.id}": "bell"}


@pytest.mark.threat("notes and secrets shown")
def test_only_staff_hear_of_notes(desk: Flask, cast: Cast) -> None:
    ticket = factories.file_ticket(desk, cast.ann)
    assert f"ticket-{ticket.id}-internal" not in led(desk, cast.ann, TICKET).topics.all
    assert f"ticket-{ticket.id}-internal" in led(desk, cast.sam, TICKET).topics.all


@pytest.mark.threat("foreign rows")
def test_who_may_not_watch_is_sent_nowhere(desk: Flask, cast: Cast) -> None:
    factories.file_ticket(desk, cast.ann)
    visitor = Visitor(desk)
    visitor.get(TICKET, 303)
    visitor.get(TICKET, 204, headers={"Accept": "text/event-stream"})
    visitor.sign_in(cast.carl).get(TICKET, 404)
    visitor.get(QUEUE, 404)
    visitor.get("/tickets/REQ000099/live", 404)
    visitor.post(TICKET, status=405)


def test_another_origin_is_named_to_the_browser_and_to_the_process(
    another_app: MakeApp, desk: Flask, cast: Cast
) -> None:
    """In `make run`, where people type one of two names for this machine."""
    other = another_app(STREAMS_LISTEN="127.0.0.1:8001", STREAMS_URL=ELSEWHERE)
    factories.file_ticket(desk, cast.ann)
    assert led(other, cast.ann, TICKET).origin == "http://localhost"
    policy = Visitor(other).get("/auth/login").headers["Content-Security-Policy"]
    assert f"connect-src 'self' {ELSEWHERE};" in policy
    assert (
        "connect-src 'self';" in Visitor(desk).get("/auth/login").headers["Content-Security-Policy"]
    )


def test_the_origin_is_named_as_browsers_write_it(
    another_app: MakeApp, desk: Flask, cast: Cast
) -> None:
    host = "xn--b1agh1afp.xn--p1ai"
    other = another_app(
        STREAMS_LISTEN="127.0.0.1:8001", STREAMS_URL=ELSEWHERE, TRUSTED_HOSTS=f"localhost,{host}"
    )
    factories.file_ticket(desk, cast.ann)
    ann = Visitor(other).sign_in(cast.ann)
    cookies = "; ".join(f"{one.key}={one.value}" for one in ann.http._cookies.values())
    answer = other.test_client(use_cookies=False).get(
        TICKET, headers={"Host": host, "Cookie": cookies}
    )
    sent = subscriptions.read(answer.headers["Location"].rpartition("/")[2], [KEY])
    assert sent is not None
    assert sent.origin == f"http://{host}"


def test_while_it_is_away_pages_have_what_they_had(desk: Flask, queue: Redis, cast: Cast) -> None:
    queue.delete(PROCESSES_KEY)
    leave_sign(queue, "killed", seconds=-1)
    sam = Visitor(desk).sign_in(cast.sam)
    sam.get(QUEUE, 204)  # no streams at all in these tests
    leave_sign(queue, "again")
    sam.get(QUEUE, 204)  # for a second nobody asks
    desk.extensions["lodge.streams"]._asked_at = time.monotonic() - 2
    assert sam.http.get(QUEUE).status_code == 307


def test_without_a_queue_server_nobody_is_sent_there(app: Flask, another_app: MakeApp, cast: Cast):
    away = another_app(
        STREAMS_LISTEN="127.0.0.1:8001", REDIS_URL=f"redis://127.0.0.1:{free_port()}/0"
    )
    Visitor(away).sign_in(cast.sam).get(QUEUE, 204)


def test_where_none_was_asked_for_nobody_is_sent_there(
    app: Flask, queue: Redis, cast: Cast, client: Visitor
) -> None:
    leave_sign(queue)
    client.sign_in(cast.sam).get(QUEUE, 204)


def test_its_state_is_told(desk: Flask, app: Flask, queue: Redis, another_app: MakeApp) -> None:
    leave_sign(queue, "p2", 4)
    assert Visitor(desk).get("/health/ready").json["checks"]["streams"] == "ok"
    lines = Visitor(desk).get("/metrics").text.splitlines()
    assert {"lodge_streams_up 1.0", "lodge_streams 7.0"} <= set(lines)
    queue.delete(PROCESSES_KEY)
    away = another_app(STREAMS_LISTEN="127.0.0.1:8001")
    assert Visitor(away).get("/health/ready").json["checks"]["streams"] == "degraded"
    lines = Visitor(away).get("/metrics").text.splitlines()
    assert "lodge_streams_up 0.0" in lines
    assert Visitor(app).get("/health/ready").json["checks"]["streams"] == "ok"
    assert "lodge_streams_up" not in Visitor(app).get("/metrics").text


Ended = Callable[[], list[SessionEnded | PersonEnded]]


@pytest.fixture
def ended(queue: Redis) -> Iterator[Ended]:
    """What has been told of ended sessions since it was asked the last time."""
    with queue.pubsub() as channel:
        channel.subscribe(ENDED_CHANNEL)
        channel.get_message(timeout=60)

        def told() -> list[SessionEnded | PersonEnded]:
            messages = iter(lambda: channel.get_message(timeout=0.1), None)
            return [read(message["data"]) for message in messages]

        yield told


@pytest.mark.threat("sessions that outlive their end")
def test_who_signs_out_has_no_stream_any_more(desk: Flask, cast: Cast, ended: Ended) -> None:
    ann = Visitor(desk).sign_in(cast.ann)
    factories.file_ticket(desk, cast.ann)
    answer = ann.http.get(TICKET)
    sent = subscriptions.read(answer.headers["Location"].rpartition("/")[2], [KEY])
    assert sent is not None
    assert ended() == []
    ann.post("/auth/logout", {}, 303)
    [ending] = ended()
    assert ending.ends(sent)
    assert not ending.ends(led(desk, cast.ann, TICKET))


@pytest.mark.threat("sessions that outlive their end")
@pytest.mark.parametrize("how", ["disabled", "all_ended", "shut"])
def test_whose_access_ends_has_no_stream_any_more(
    desk: Flask, cast: Cast, ended: Ended, how: str
) -> None:
    factories.file_ticket(desk, cast.ann)
    sent = led(desk, cast.ann, TICKET)
    with factories.writing(desk):
        user = db.session.get_one(User, cast.ann.id)
        if how == "disabled":
            users.set_active(actor=cast.ada, user=user, active=False)
        elif how == "all_ended":
            sessions.end_all(user)
        else:
            place = db.session.get_one(Organization, user.organization_id)
            standing.set_active(actor=cast.ada, organization=place, active=False)
    told = ended()
    assert any(ending.ends(sent) for ending in told)
    assert not any(ending.ends(sent._replace(epoch=sent.epoch + 1)) for ending in told)


def test_what_is_rolled_back_ends_nothing(desk: Flask, cast: Cast, ended: Ended) -> None:
    with factories.writing(desk):
        sessions.end_all(db.session.get_one(User, cast.ann.id))
        db.session.rollback()
    assert ended() == []
