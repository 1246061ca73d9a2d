"""Streams that tell an open page that something changed: to whom, of what, and how they end."""

import math
import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import delete, select, update
from sqlalchemy.exc import OperationalError

from portal import clock, queueing
from portal.extensions import begin_write, db
from portal.live_events import LIVE_CHANNEL
from portal.live_events.changes import Change, RecentChanges
from portal.live_events.topics import Topics
from portal.models.people import Actor, OrganizationRole, Role, User, UserSession
from portal.models.tickets import ParticipantWay, Ticket
from portal.security.people import sessions as session_rows
from portal.services.organizations import organizations
from portal.services.people import users
from portal.services.tickets import participants, tickets
from portal.web.live_updates import hub, stream
from portal.web.live_updates.hub import Hub
from portal.web.people import sessions
from tests import factories
from tests.cast import Cast
from tests.conftest import MakeApp
from tests.databases import BOTH
from tests.flows.process import Process
from tests.mailbox import Mailbox
from tests.page import HTMX, Visitor
from tests.servers import free_port, queue_answers, queue_command, short_folder
from tests.waiting import PATIENCE, wait_for

QUEUE, TICKET = "/tickets/queue/live", "/tickets/REQ000001/live"
CHANGED, QUIET = "data: 30\n\n", ": still here\n\n"
BELL = "event: bell\ndata:\n\n"


class Watcher:
    """A page that listens: one piece of its stream at a time."""

    def __init__(self, visitor: Visitor, path: str) -> None:
        answer = visitor.http.open(path, buffered=False)
        self.status, self.headers = answer.status_code, answer.headers
        self._answer, self._pieces = answer, answer.iter_encoded()
        if self.status == 200:
            assert self.hear() == ": open\n\n"

    def hear(self) -> str:
        assert self.status == 200
        told = next(self._pieces, b"").decode()
        # How long to wait depends on who else listens; most tests are not about that.
        return re.sub(r"^data: \d+\n\n$", CHANGED, told)

    def raw_at_last(self) -> str:
        """The next event of the page as it is sent."""
        told = (next(self._pieces, b"").decode() for _ in iter(int, 1))
        return next(one for one in told if one.startswith("data") or not one)

    def hear_at_last(self) -> str:
        """What is not just a beat: on a busy machine some may come before it."""
        return next((told for told in iter(self.hear, "") if told != QUIET), "")

    def close(self) -> None:
        self._answer.close()


Watch = Callable[..., Watcher]
End = Callable[[Cast], object]


@pytest.fixture(autouse=True)
def beat(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is waited for in vain is waited for a moment; a busy machine has all its time."""
    monkeypatch.setattr(stream, "_HEARTBEAT_SECONDS", 0.3)
    monkeypatch.setattr(hub, "_RETRY_SECONDS", 0.1)
    monkeypatch.setattr(hub, "_CONNECT_SECONDS", 60.0)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "_CONNECT_SECONDS", 0.1)


@pytest.fixture
def desk(another_app: MakeApp, app: Flask) -> Flask:
    """The application with streams, of which the others in these tests have none."""
    return another_app(flask={"WEB_STREAMS": 4})


@pytest.fixture
def watch(desk: Flask) -> Iterator[Watch]:
    """`watch(person, path)`: somebody has that page open."""
    opened: list[Watcher] = []

    def begin(person: object, path: str, page: str = "", since: object = "") -> Watcher:
        visitor = Visitor(desk).sign_in(person)
        join = "&" if "?" in path else "?"
        opened.append(Watcher(visitor, f"{path}{join}page={page}&since={since}"))
        return opened[-1]

    yield begin
    for one in opened:
        one.close()
    hub_of(desk).end()


def of(*topics: str) -> Topics:
    return Topics(frozenset(topics))


def hub_of(desk: Flask) -> Hub:
    found: Hub = desk.extensions["lodge.live"]
    return found


@pytest.fixture
def ticket(app: Flask, cast: Cast) -> factories.Filed:
    return factories.file_ticket(app, cast.ann)


def test_who_has_a_ticket_open_hears_of_an_answer(
    app: Flask, cast: Cast, watch: Watch, ticket: factories.Filed
) -> None:
    watching = [watch(person, TICKET) for person in (cast.ann, cast.sam)]
    factories.post_comment(app, cast.sue, ticket)
    assert [one.hear_at_last() for one in watching] == [CHANGED, CHANGED]
    assert watching[0].headers["Content-Type"].startswith("text/event-stream")
    assert watching[0].headers["Cache-Control"] == "no-store"


def test_changes_of_other_tickets_are_not_told(
    app: Flask, cast: Cast, watch: Watch, ticket: factories.Filed
) -> None:
    watching = watch(cast.sam, TICKET)
    factories.file_ticket(app, cast.ann, "Another")
    assert watching.hear() == QUIET


def test_who_has_the_queue_open_hears_of_a_new_ticket(app: Flask, cast: Cast, watch: Watch) -> None:
    watching = watch(cast.sam, QUEUE)
    factories.file_ticket(app, cast.bob)
    assert watching.hear_at_last() == CHANGED


@pytest.mark.threat("notes and secrets shown")
def test_that_there_is_a_note_is_told_to_staff_alone(
    app: Flask, cast: Cast, watch: Watch, ticket: factories.Filed
) -> None:
    ann, sam = watch(cast.ann, TICKET), watch(cast.sam, TICKET)
    factories.post_comment(app, cast.sue, ticket, internal=True)
    assert sam.hear_at_last() == CHANGED
    assert ann.hear() == QUIET


def test_who_is_given_a_ticket_hears_of_it_wherever_they_are(
    app: Flask, cast: Cast, watch: Watch, ticket: factories.Filed
) -> None:
    sue, sam, queue = watch(cast.sue, TICKET), watch(cast.sam, TICKET), watch(cast.sue, QUEUE)
    assign(app, cast, ticket, cast.sue)
    for one in (sue, queue):
        assert {one.hear_at_last(), one.hear_at_last()} == {CHANGED, BELL}
    assert [sam.hear_at_last(), sam.hear()] == [CHANGED, QUIET]


@pytest.mark.threat("notes and secrets shown")
def test_who_reads_and_writes_is_told_to_staff_alone(
    cast: Cast, desk: Flask, watch: Watch, ticket: factories.Filed
) -> None:
    ann, sam, own = watch(cast.ann, TICKET), watch(cast.sam, TICKET), "0" * 16
    sue = watch(cast.sue, TICKET, own)
    page = Visitor(desk).sign_in(cast.sue)
    path = f"/tickets/{ticket.number}/presence"
    for state in ("writing", "gone"):
        page.post(path, {"state": state}, 200, headers={"X-Page": own})
        assert sam.hear_at_last() == "event: presence\ndata:\n\n"
        assert ann.hear() == sue.hear() == QUIET


@pytest.mark.threat("notes and secrets shown")
def test_that_a_mail_left_is_told_to_staff_who_have_its_ticket_open(
    cast: Cast, watch: Watch, mailbox: Mailbox, ticket: factories.Filed
) -> None:
    ann, sam, queue = watch(cast.ann, TICKET), watch(cast.sam, TICKET), watch(cast.sam, QUEUE)
    mailbox.send()
    assert sam.hear_at_last() == CHANGED
    assert ann.hear() == queue.hear() == QUIET


def test_a_page_is_not_told_what_it_does_itself(
    cast: Cast, desk: Flask, watch: Watch, ticket: factories.Filed
) -> None:
    own, other = (watch(cast.sam, TICKET, page) for page in ("0" * 16, "1" * 16))
    sam = Visitor(desk).sign_in(cast.sam)
    sam.post("/tickets/REQ000001/priority", {"priority": "high"}, headers={"X-Page": "0" * 16})
    assert other.hear_at_last() == CHANGED
    assert own.hear() == QUIET


@BOTH
def test_what_was_rolled_back_is_not_told(app: Flask, cast: Cast, watch: Watch) -> None:
    watching = watch(cast.sam, QUEUE)
    with app.app_context():
        begin_write()
        tickets.file(actor=cast.ann, subject="Never", message="Never.")
        db.session.rollback()
        begin_write()
        db.session.commit()
    assert watching.hear() == QUIET


def test_what_happened_between_a_page_and_its_stream_is_told_at_once(
    app: Flask, cast: Cast, watch: Watch, ticket: factories.Filed
) -> None:
    other = watch(cast.sam, QUEUE)
    made_at = clock.now().timestamp()
    factories.post_comment(app, cast.sue, ticket, internal=True)
    assert other.hear_at_last() == CHANGED
    other.close()
    assert watch(cast.sam, TICKET, since=made_at).hear() == CHANGED
    assert watch(cast.ann, TICKET, since=made_at).hear() == QUIET
    assert watch(cast.sam, TICKET, since=clock.now().timestamp()).hear() == QUIET
    assert watch(cast.sue, TICKET, since="nonsense").hear() == QUIET


def test_a_page_says_when_it_was_made(client: Visitor, cast: Cast, ticket: factories.Filed) -> None:
    before = clock.now().timestamp()
    client.sign_in(cast.sam)
    for page in (client.get("/tickets/REQ000001"), client.get("/tickets/queue")):
        since = float(page.one(data_live_since=True).attributes["data-live-since"])
        assert before - 0.001 <= since <= clock.now().timestamp()


def test_who_cannot_know_what_a_page_has_missed_lets_it_look_again(
    app: Flask, cast: Cast, desk: Flask, watch: Watch
) -> None:
    hub_of(desk)._recent_changes = RecentChanges(1)
    too_early = clock.now().timestamp()
    first = watch(cast.sam, QUEUE, since=too_early)
    assert [first.hear(), first.hear()] == [CHANGED, BELL]
    made_at = clock.now().timestamp()
    assert watch(cast.ada, QUEUE, since=made_at).hear() == QUIET
    for _ in range(2):  # the first of them is forgotten
        factories.file_ticket(app, cast.bob)
        assert first.hear_at_last() == CHANGED
    assert watch(cast.sue, QUEUE, since=made_at).hear() == CHANGED


def test_the_more_pages_hear_of_a_change_the_longer_they_may_wait(desk: Flask) -> None:
    found = hub_of(desk)
    readers = [found.open(of(topic), n, "", lambda: True) for n, topic in enumerate("aaab")]
    for topic in "ab":
        found._pass_on(Change(clock.now().timestamp(), "-", (topic,)))
    events = [one.events() for one in readers if one is not None]
    assert [next(one) for one in events] == [": open\n\n"] * 4
    assert [next(one) for one in events] == ["data: 90\n\n"] * 3 + ["data: 30\n\n"]
    found.end()


NARROW = ["assignee=me", "requester=USR000001", "organization=ORG000001"]


@pytest.mark.parametrize("narrowed", ["", *NARROW])
def test_a_list_hears_soon_of_its_own_tickets_and_later_of_others(
    app: Flask, cast: Cast, watch: Watch, ticket: factories.Filed, narrowed: str
) -> None:
    """Which may change the counts beside it."""
    other = factories.file_ticket(app, cast.carl)
    assign(app, cast, ticket, cast.sam)
    watching = watch(cast.sam, f"{QUEUE}?{narrowed}")
    factories.post_comment(app, cast.sue, ticket, internal=True)
    assert watching.raw_at_last() == "data: 30\n\n"
    factories.post_comment(app, cast.sue, other, internal=True)
    assert watching.raw_at_last() == ("data: 15000\n\n" if narrowed else "data: 30\n\n")


def test_a_list_hears_soon_of_tickets_that_come_and_go(
    app: Flask, cast: Cast, watch: Watch, ticket: factories.Filed
) -> None:
    mine, nobodys = (watch(cast.sam, f"{QUEUE}?assignee={who}") for who in ("me", "none"))
    assign(app, cast, ticket, cast.sam)
    assert [one.raw_at_last() for one in (mine, nobodys)] == ["data: 60\n\n"] * 2
    assign(app, cast, ticket, cast.sue)
    assert [one.raw_at_last() for one in (mine, nobodys)] == ["data: 30\n\n", "data: 15000\n\n"]


def test_of_two_changes_the_sooner_one_counts(desk: Flask) -> None:
    opened = hub_of(desk).open(
        Topics(frozenset({"a"}), later=frozenset({"b"})), 1, "", lambda: True
    )
    assert opened is not None
    events = opened.events()
    next(events)
    for change in ("b", "a", "b"):
        opened.hear([change])
    assert next(events) == "data: 30\n\n"
    hub_of(desk).end()


def test_what_narrows_no_list_is_refused(client: Visitor, cast: Cast) -> None:
    client.sign_in(cast.sam).get(f"{QUEUE}?assignee=nobody-knows", status=422)


def test_the_queue_hears_of_what_it_shows(client: Visitor, cast: Cast) -> None:
    sam = client.sign_in(cast.sam)
    for query, narrowed in {
        "": "",
        "view=all&status=open": "",
        "view=mine": "?assignee=me",
        "view=unassigned": "?assignee=none",
        "assignee=USR000005&organization=ORG000001": "?assignee=USR000005",
        "view=all&requester=USR000001": "?requester=USR000001",
        "view=all&q=assignee:me": "?assignee=me",
    }.items():
        page = sam.get(f"/tickets/queue?{query}")
        assert page.one(id="queue")["data-live"] == f"{QUEUE}{narrowed}"


def assign(app: Flask, cast: Cast, ticket: factories.Filed, to: Actor) -> None:
    with factories.writing(app):
        tickets.assign(
            actor=cast.ada,
            ticket=db.session.get_one(Ticket, ticket.id),
            assignee=db.session.get_one(User, to.id),
        )


def test_nobody_waits_for_long(desk: Flask) -> None:
    opened = hub_of(desk).open(of("queue"), 1, "", lambda: True)
    assert opened is not None
    opened.notify(10_000)
    events = opened.events()
    assert [next(events), next(events)] == [": open\n\n", "data: 5000\n\n"]
    hub_of(desk).end()


def test_changes_that_come_faster_than_they_are_told_are_told_once(desk: Flask) -> None:
    opened = hub_of(desk).open(of("queue"), 1, "", lambda: True)
    assert opened is not None
    for _ in range(3):
        opened.notify()
    events = opened.events()
    assert [next(events) for _ in range(3)] == [": open\n\n", CHANGED, QUIET]
    hub_of(desk).end()


def test_a_change_at_the_very_end_of_a_beat_is_told(desk: Flask) -> None:
    opened = hub_of(desk).open(of("queue"), 1, "", lambda: True)
    assert opened is not None
    moved = opened._changed

    class Late:
        """Whoever waits is told that nothing came, and then something comes."""

        def wait(self, _seconds: float) -> bool:
            opened._changed = moved
            opened.notify()
            return False

        def clear(self) -> None:
            moved.clear()

    events = opened.events()
    next(events)
    opened._changed = Late()  # type: ignore[assignment]
    assert next(event for event in events if event != QUIET) == CHANGED
    hub_of(desk).end()


def test_who_comes_while_the_process_begins_to_listen_gets_a_stream_too(desk: Flask) -> None:
    begun = threading.Event()
    slow = hub_of(desk)
    listen = slow._listen
    slow._listen = lambda channel: (begun.wait(1), listen(channel))  # type: ignore[method-assign]
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(slow.open, of("queue"), reader, "", lambda: True) for reader in (1, 2)]
        begun.set()
        assert all(one.result() for one in asked)
    slow.end()


def test_what_nobody_foresaw_does_not_make_a_process_deaf(
    app: Flask, cast: Cast, desk: Flask, watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    watching = watch(cast.sam, QUEUE)
    with app.app_context():
        queueing.connect(app.config["REDIS_URL"]).publish(LIVE_CHANNEL, b"\xff")
    assert watching.hear_at_last() == ""
    assert "listening for changes failed" in caplog.text
    wait_for(lambda: hub_of(desk)._is_listening, "ears again")
    again = watch(cast.sam, QUEUE)
    factories.file_ticket(app, cast.bob)
    assert again.hear_at_last() == CHANGED


@pytest.mark.threat("floods")
def test_there_are_so_many_streams_and_the_next_page_gets_none(
    cast: Cast, watch: Watch, ticket: factories.Filed
) -> None:
    people = (cast.sam, cast.sue, cast.ada, cast.sam)
    opened = [watch(person, QUEUE) for person in people]
    assert [one.status for one in opened] == [200] * 4
    assert watch(cast.sue, QUEUE).status == 204
    opened[0].close()
    assert watch(cast.sue, QUEUE).status == 200


@pytest.mark.threat("floods")
def test_nobody_has_more_than_their_share(
    cast: Cast, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "_MAX_PER_PERSON", 2)
    assert [watch(cast.sam, QUEUE).status for _ in range(3)] == [200, 200, 204]
    assert watch(cast.sue, QUEUE).status == 200


def test_a_stream_asks_for_the_next_one_and_goes_on_until_that_is_there(
    app: Flask, cast: Cast, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "_LIFETIME_SECONDS", 0.0)
    monkeypatch.setattr(stream, "_HEARTBEAT_SECONDS", 60.0)  # how long it goes on
    monkeypatch.setattr(stream, "_CHECK_SECONDS", 0.05)
    watching = watch(cast.sam, QUEUE)
    assert watching.hear() == "event: renew\ndata:\n\n"
    factories.file_ticket(app, cast.bob)
    assert watching.hear_at_last() == CHANGED
    over = SimpleNamespace(**{**vars(time), "monotonic": lambda: math.inf})
    monkeypatch.setattr(stream, "time", over)
    assert watching.hear() == ""


def test_without_a_queue_server_there_are_no_streams(
    app: Flask, another_app: MakeApp, cast: Cast, impatient: None
) -> None:
    away = another_app(REDIS_URL=f"redis://127.0.0.1:{free_port()}/0", flask={"WEB_STREAMS": 4})
    assert Watcher(Visitor(away).sign_in(cast.sam), QUEUE).status == 204
    assert Watcher(Visitor(away).sign_in(cast.sam), QUEUE).status == 204
    hub_of(away).end()


@contextmanager
def queue_server() -> Iterator[tuple[Process, str]]:
    with short_folder("live") as folder:
        command, url = queue_command(folder)
        server = Process(command, folder / "log")
        server.start()
        wait_for(lambda: queue_answers(url), "a queue server")
        try:
            yield server, url
        finally:
            server.kill()


@pytest.mark.parametrize("fault", ["kill", "freeze"])
def test_a_queue_server_that_goes_away_ends_the_streams(
    app: Flask, another_app: MakeApp, cast: Cast, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "_PING_SECONDS", 1.0)
    with queue_server() as (server, url):
        hasty = {"RATELIMIT_STORAGE_OPTIONS": {"socket_timeout": 0.5}}
        desk = another_app(REDIS_URL=url, flask={"WEB_STREAMS": 4, **hasty})
        desk.extensions["lodge.enqueuer"] = queueing.Enqueuer(url)
        watching = Watcher(Visitor(desk).sign_in(cast.sam), QUEUE)
        getattr(server, fault)()
        assert watching.hear_at_last() == ""
        assert Watcher(Visitor(desk).sign_in(cast.sam), QUEUE).status == 204
        hub_of(desk).end()


def test_a_process_that_ends_ends_its_streams(desk: Flask, cast: Cast, watch: Watch) -> None:
    watching = watch(cast.sam, QUEUE)
    hub_of(desk).end()
    assert watching.hear() == ""
    assert watch(cast.sam, QUEUE).status == 204


def sign_out(cast: Cast) -> None:
    session_rows.end_all(db.session.get_one(User, cast.bob.id))


def end_the_session(cast: Cast) -> None:
    db.session.execute(delete(UserSession).where(UserSession.user_id == cast.bob.id))


def age(_cast: Cast) -> None:
    long_ago = clock.now() - timedelta(days=300)
    db.session.execute(update(UserSession).values(last_seen_at=long_ago))


def disable(cast: Cast) -> None:
    users.set_active(actor=cast.ada, user=db.session.get_one(User, cast.bob.id), active=False)


def remove(cast: Cast) -> None:
    organizations.remove_member(actor=cast.ann, member_id=cast.bob.id)


def change_role(cast: Cast) -> None:
    users.set_role(actor=cast.ada, user=db.session.get_one(User, cast.bob.id), role=Role.STAFF)


def change_place(cast: Cast) -> None:
    place = OrganizationRole.VIEWER
    organizations.set_member_role(actor=cast.ann, member_id=cast.bob.id, role=place)


def put_into_the_trash(cast: Cast) -> None:
    tickets.delete(actor=cast.sam, ticket=db.session.get_one(Ticket, 1))


ENDS = [
    sign_out,
    end_the_session,
    age,
    disable,
    remove,
    change_role,
    change_place,
    put_into_the_trash,
]


@pytest.mark.threat("sessions that outlive their end")
@pytest.mark.parametrize("end", ENDS)
def test_a_stream_ends_soon_after_the_right_to_it(
    app: Flask, cast: Cast, watch: Watch, monkeypatch: pytest.MonkeyPatch, end: End
) -> None:
    """Nobody has to tell it: nothing is published, and no beat is due."""
    monkeypatch.setattr(stream, "_HEARTBEAT_SECONDS", PATIENCE)
    monkeypatch.setattr(stream, "_CHECK_SECONDS", 0.05)
    factories.file_ticket(app, cast.bob)
    watching = watch(cast.bob, TICKET)
    with factories.writing(app):
        end(cast)
        queueing.discard_held(db.session())
    assert watching.hear() == ""


@pytest.mark.threat("sessions that outlive their end")
def test_so_does_that_of_a_participant_who_is_taken_out(
    app: Flask, cast: Cast, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "_CHECK_SECONDS", 0.05)
    filed = factories.file_ticket(app, cast.carl)
    with factories.writing(app):
        shared = {"actor": cast.carl, "ticket": db.session.get_one(Ticket, filed.id)}
        way = ParticipantWay.PAGE
        participants.add(**shared, email=cast.bob.email, way=way)  # type: ignore[arg-type]
    watching = watch(cast.bob, TICKET)
    with factories.writing(app):
        shared = {"actor": cast.carl, "ticket": db.session.get_one(Ticket, filed.id)}
        participants.remove(**shared, user_id=cast.bob.id)  # type: ignore[arg-type]
        queueing.discard_held(db.session())
    assert watching.hear_at_last() == ""


@pytest.mark.threat("sessions that outlive their end")
def test_so_does_that_of_the_queue(
    app: Flask, cast: Cast, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "_CHECK_SECONDS", 0.05)
    watching = watch(cast.sam, QUEUE)
    with factories.writing(app):
        db.session.get_one(User, cast.sam.id).role = Role.CUSTOMER
    assert watching.hear_at_last() == ""


@pytest.mark.threat("rights kept or taken")
def test_who_is_not_welcome_any_more_is_not_told_what_comes_then(
    desk: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "_CHECK_SECONDS", 0.0)
    opened = hub_of(desk).open(of("queue"), 1, "", lambda: False)
    assert opened is not None
    opened.notify()
    assert list(opened.events()) == [": open\n\n"]
    hub_of(desk).end()


def test_a_flood_of_changes_does_not_ask_each_time_who_reads(
    desk: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "_CHECK_SECONDS", PATIENCE)
    opened = hub_of(desk).open(of("queue"), 1, "", lambda: 1 / 0 > 0)
    assert opened is not None
    events = opened.events()
    next(events)
    for _ in range(3):
        opened.notify()
        assert next(events) == CHANGED
    hub_of(desk).end()


def test_a_stream_ends_when_nobody_can_say_who_may_watch(
    cast: Cast, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_token: str) -> None:
        raise OperationalError("", None, Exception("the database is away"))

    watching = watch(cast.sam, QUEUE)
    monkeypatch.setattr(stream, "_CHECK_SECONDS", 0.05)
    monkeypatch.setattr(sessions, "find_actor", away)
    assert watching.hear_at_last() == ""


def test_open_pages_are_counted(desk: Flask, cast: Cast, watch: Watch) -> None:
    first = watch(cast.sam, QUEUE)
    watch(cast.sue, QUEUE)
    first.close()
    assert "lodge_live_streams 1.0" in Visitor(desk).get("/metrics").text


@BOTH
def test_an_open_page_keeps_no_session(
    app: Flask, desk: Flask, cast: Cast, watch: Watch, ticket: factories.Filed
) -> None:
    sam = Visitor(desk).sign_in(cast.sam)
    with app.app_context():
        begin_write()
        long_ago = clock.now() - timedelta(hours=1)
        db.session.execute(update(UserSession).values(last_seen_at=long_ago))
        db.session.commit()
    Watcher(sam, QUEUE).close()
    sam.get("/tickets/queue", headers={**HTMX, "X-Background": "true"})
    with app.app_context():
        assert db.session.scalar(select(UserSession.last_seen_at)) == long_ago
    sam.get("/tickets/queue")
    with app.app_context():
        assert db.session.scalar(select(UserSession.last_seen_at)) > long_ago


def test_a_ticket_s_news_leave_what_is_written_alone(
    client: Visitor, cast: Cast, ticket: factories.Filed
) -> None:
    news = {"htmx": True, "headers": {"HX-Target": "ol#timeline"}}
    client.sign_in(cast.sam)
    page = client.get("/tickets/REQ000001", **news)
    targets = [part.attributes["hx-target"] for part in page.all("hx-partial")]
    assert "#reply" not in targets
    page = client.get("/tickets/REQ000001?reply=1", **news)
    assert page.all("hx-partial")[-1].attributes["hx-target"] == "#reply"


@pytest.mark.threat("foreign rows")
def test_only_who_sees_a_ticket_may_watch_it(
    client: Visitor, cast: Cast, ticket: factories.Filed
) -> None:
    client.get(TICKET, 303)
    client.get(TICKET, 204, headers={"Accept": "text/event-stream"})
    client.sign_in(cast.carl).get(TICKET, 404)
    client.get("/tickets/REQ000099/live", 404)
    client.get("/tickets/nonsense/live", 404)
    client.post(TICKET, status=405)


def test_only_staff_may_watch_the_queue(client: Visitor, cast: Cast) -> None:
    client.get(QUEUE, 303)
    client.sign_in(cast.ann).get(QUEUE, 404)
    client.post(QUEUE, status=405)
