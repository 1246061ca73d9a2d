"""Streams that tell an open page that something changed (server-sent events), never what.

Each web process listens to the queue server once, for all of its streams. A stream holds a thread
of the server and no database connection; so their number is limited, and a page without one polls.
A stream ends after two minutes, and the browser opens the next. Every two seconds the reader's
session and rights are checked again: a stream ends soon after they do.

A change between the rendering of a page and the opening of its stream is told as well: the page
sends the time of its rendering, and each process remembers recent changes.
"""

import logging
import threading
import time
from collections.abc import Callable

from flask import Flask, Response, current_app, g, request
from redis.client import PubSub
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError

from portal import clock
from portal.live_events import LIVE_CHANNEL, changes
from portal.live_events.changes import Change, RecentChanges
from portal.live_events.topics import Topics
from portal.models.people import Actor
from portal.queueing import connect
from portal.web.live_updates import process
from portal.web.live_updates.stream import Stream
from portal.web.people import sessions

log = logging.getLogger(__name__)

# After this silence the queue server is pinged; after another one the connection is dead.
_PING_SECONDS = 5.0
# How long the first streams of a process wait for its subscription.
_CONNECT_SECONDS = 1.0
# Between two attempts to reach the queue server.
_RETRY_SECONDS = 1.0
# Streams of one person: browsers close those of pages in the background.
_MAX_PER_PERSON = 5


def attach(app: Flask) -> None:
    """Give the application its hub, and templates `live_since()`."""
    app.extensions["lodge.live"] = Hub(app.config["REDIS_URL"], app.config["WEB_STREAMS"])
    app.jinja_env.globals["live_since"] = page_time


def page_time() -> str:
    """When the rendering of this page began, in seconds since the epoch, as text."""
    return f"{clock.now().timestamp() - (time.perf_counter() - g.began):.3f}"


def stream(topics: Topics, *, reader: Actor, may: Callable[[Actor], bool]) -> Response:
    """A text/event-stream response: an event for each change of one of `topics` by others.

    It ends when `reader` is signed out, or when `may(reader)`, asked again, is false. Where a
    process of streams runs, the response leads there, and the browser comes back to be asked again.
    Without a free stream or a queue server it is an empty 204: a browser does not reconnect then.
    """
    sessions.do_not_touch()
    if elsewhere := process.lead_there(topics, reader):
        return elsewhere
    hub: Hub = current_app.extensions["lodge.live"]
    may_continue = _access_check(reader.session_token, may)
    page = request.args.get("page", "")
    opened = hub.open(topics, reader.id, page, may_continue)
    if opened is None:
        return Response(status=204)
    made_at = request.args.get("since", type=float)
    if made_at is not None:
        hub.catch_up(opened, made_at)
    answer = Response(
        opened.events(),
        mimetype="text/event-stream",
        # Without it nginx would buffer the events.
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
    answer.call_on_close(opened.leave)
    return answer


def _access_check(token: str, may: Callable[[Actor], bool]) -> Callable[[], bool]:
    """A function for outside of requests: whether the session is open and its owner `may`."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]

    def asked() -> bool:
        try:
            with app.app_context():
                reader = sessions.find_actor(token)
                return reader is not None and may(reader)
        except DBAPIError as error:
            log.debug("nobody knows who may go on to watch: %s", error)
            return False

    return asked


class Hub:
    """The streams of this process, and the thread that listens for changes."""

    def __init__(self, url: str, most: int) -> None:
        # Called with the number of streams when it changes.
        self.on_count_change: Callable[[int], object] = int
        self._url, self._max_streams = url, most
        self._streams: set[Stream] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        # Set after the first attempt to subscribe; and whether the subscription is alive.
        self._connected_or_failed, self._is_listening = threading.Event(), False
        self._ended = False
        self._recent_changes = RecentChanges()

    def open(
        self, topics: Topics, reader: int, page: str, may_continue: Callable[[], bool]
    ) -> Stream | None:
        """A new stream; None when there are too many, or the queue server is away."""
        made = Stream(topics, reader, page, self._remove, may_continue)
        with self._lock:
            own = sum(other.reader == reader for other in self._streams)
            if self._ended or len(self._streams) >= self._max_streams or own >= _MAX_PER_PERSON:
                return None
            self._streams.add(made)
            self.on_count_change(len(self._streams))
            if self._thread is None:
                # At the first stream: a thread does not survive the fork of a worker.
                self._thread = threading.Thread(target=self._run, name="live", daemon=True)
                self._thread.start()
        self._connected_or_failed.wait(_CONNECT_SECONDS)
        if self._is_listening:
            return made
        made.leave()
        return None

    def catch_up(self, one: Stream, since: float) -> None:
        """Tell `one` of the changes since then (seconds since the epoch)."""
        for topics in self._recent_changes.since(since, one.page, one.topics):
            one.hear(topics)

    def end(self) -> None:
        """End all streams, so that a process that is to end does not wait for them."""
        self._ended = True
        for one in self._all():
            one.end()

    def _remove(self, gone: Stream) -> None:
        with self._lock:
            self._streams.discard(gone)
            self.on_count_change(len(self._streams))

    def _all(self) -> list[Stream]:
        with self._lock:
            return list(self._streams)

    def _run(self) -> None:
        while not self._ended:
            try:
                # A long timeout: no request waits for this thread.
                with (
                    connect(self._url, timeout=_PING_SECONDS) as client,
                    client.pubsub() as channel,
                ):
                    channel.subscribe(LIVE_CHANNEL)
                    self._listen(channel)
            except (RedisError, OSError) as error:
                log.debug("nothing is heard of changes: %s", error)
            except Exception:
                # The thread must not end: it serves all streams of this process.
                log.exception("listening for changes failed")
            # Changes may have been missed: pages have to reconnect, or poll.
            self._is_listening = False
            self._connected_or_failed.set()
            for one in self._all():
                one.end()
            time.sleep(_RETRY_SECONDS)

    def _listen(self, channel: PubSub) -> None:
        """Pass on messages until the connection is dead: a frozen server answers no ping."""
        asked = False
        while not self._ended:
            message = channel.get_message(timeout=_PING_SECONDS)
            if message is None:
                if asked:
                    return
                channel.ping()
            elif message["type"] == "subscribe":
                self._recent_changes.begin(clock.now().timestamp())
                self._is_listening = True
                self._connected_or_failed.set()
            elif message["type"] == "message":
                self._pass_on(changes.read(message["data"], clock.now().timestamp()))
            asked = message is None

    def _pass_on(self, change: Change) -> None:
        self._recent_changes.add(change)
        concerned = [one for one in self._all() if change.concerns(one.page, one.topics)]
        listeners = sum(one.hears_soon(change.topics) for one in concerned)
        for one in concerned:
            one.hear(change.topics, listeners)
