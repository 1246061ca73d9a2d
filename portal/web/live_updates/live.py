"""Streams that tell an open page that something changed (server-sent events), never what.

Each web process listens to the queue server once, for all of its streams. A stream holds a thread
of the server and no database; so there are only so many, and who gets none asks now and then
instead. A stream ends after a while, and the browser opens the next. Every two seconds its reader's
session and rights are asked for again: it ends soon after they do, whoever is heard meanwhile.

What happened between a page and its stream is told as well: the page says when it was made, and
each process remembers what it heard of late.
"""

import logging
import math
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from flask import Flask, Response, current_app, g, request
from redis.client import PubSub
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError

from portal import clock
from portal.models.people import Actor
from portal.queueing import CHANNEL, connect
from portal.web.live_updates.live_stream import Stream
from portal.web.people import sessions

log = logging.getLogger(__name__)

# A queue server that has said nothing for so long is asked; one that is frozen does not answer.
_SILENCE_SECONDS = 5.0
# How long those wait who come while a process listens for the first time.
_PATIENCE_SECONDS = 1.0
# Between two tries to reach a queue server that is away.
_PAUSE_SECONDS = 1.0
# Pages of one person that are looked at: a browser closes the streams of the others.
_MOST_EACH = 5
# Changes that a process remembers, for pages whose stream comes late.
_REMEMBERED = 1_000


def attach(app: Flask) -> None:
    """Give the application its hub, and templates `live_since()`."""
    app.extensions["lodge.live"] = Hub(app.config["REDIS_URL"], app.config["LIVE_STREAMS"])
    app.jinja_env.globals["live_since"] = since


def since() -> str:
    """When the page was begun to be made: what comes later is not on it. Seconds of the epoch."""
    return f"{clock.now().timestamp() - (time.perf_counter() - g.began):.3f}"


def stream(topics: tuple[str, ...], *, reader: Actor, may: Callable[[Actor], bool]) -> Response:
    """An answer that goes on: an event for each change of one of `topics` that others make.

    It ends when `reader` is signed out, or when what they are by then `may` not watch any more.
    Without a stream to spare, or a queue server, the answer is an empty 204: a browser does not
    ask again by itself then.
    """
    sessions.leave_alone()
    hub: Hub = current_app.extensions["lodge.live"]
    welcome = _welcome(reader.session_token, may)
    opened = hub.open(frozenset(topics), reader.id, request.args.get("page", ""), welcome)
    if opened is None:
        return Response(status=204)
    made_at = request.args.get("since", type=float)
    if made_at is not None and hub.has_moved(opened, made_at):
        opened.tell()
    answer = Response(
        opened.events(),
        mimetype="text/event-stream",
        # Proxies that collect an answer before they pass it on would hold every event back.
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
    answer.call_on_close(opened.leave)
    return answer


def _welcome(token: str, may: Callable[[Actor], bool]) -> Callable[[], bool]:
    """Whether the session of `token` still stands and its owner `may`; for outside of requests."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]

    def asked() -> bool:
        try:
            with app.app_context():
                reader = sessions.find(token)
                return reader is not None and may(reader)
        except DBAPIError as error:
            log.debug("nobody knows who may go on to watch: %s", error)
            return False

    return asked


class _Heard(NamedTuple):
    """A change: when this process heard of it, which page made it, and of what it is."""

    at: float
    page: str
    topics: tuple[str, ...]

    def concerns(self, one: Stream) -> bool:
        """Whether the page behind `one` has to be told."""
        return one.page != self.page and not one.topics.isdisjoint(self.topics)


class Hub:
    """The streams of this process, and the thread that hears for them."""

    def __init__(self, url: str, most: int) -> None:
        # Called with the number of streams whenever it is another.
        self.counted: Callable[[int], object] = int
        self._url, self._most = url, most
        self._streams: set[Stream] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        # Whether it is known yet if anything can be heard, and whether that is so.
        self._tried, self._hears = threading.Event(), False
        self._ended = False
        # What was heard of late: all of it since then.
        self._heard: deque[_Heard] = deque(maxlen=_REMEMBERED)
        self._complete_since = math.inf

    def open(
        self, topics: frozenset[str], reader: int, page: str, welcome: Callable[[], bool]
    ) -> Stream | None:
        """A stream; None when there are too many, or nothing can be heard."""
        made = Stream(topics, reader, page, self._remove, welcome)
        with self._lock:
            own = sum(other.reader == reader for other in self._streams)
            if self._ended or len(self._streams) >= self._most or own >= _MOST_EACH:
                return None
            self._streams.add(made)
            self.counted(len(self._streams))
            if self._thread is None:
                # Not before: a thread does not survive the fork of a worker.
                self._thread = threading.Thread(target=self._run, name="live", daemon=True)
                self._thread.start()
        self._tried.wait(_PATIENCE_SECONDS)
        if self._hears:
            return made
        made.leave()
        return None

    def has_moved(self, one: Stream, since: float) -> bool:
        """Whether anything happened since then (seconds of the epoch) that `one` is to be told.

        True as well when this process cannot know: whoever asks again in vain has lost little.
        """
        if since < self._complete_since:
            return True
        return any(heard.at >= since and heard.concerns(one) for heard in list(self._heard))

    def end(self) -> None:
        """End all streams, so that nobody who has to end the process waits for them."""
        self._ended = True
        for one in self._all():
            one.end()

    def _remove(self, gone: Stream) -> None:
        with self._lock:
            self._streams.discard(gone)
            self.counted(len(self._streams))

    def _all(self) -> list[Stream]:
        with self._lock:
            return list(self._streams)

    def _run(self) -> None:
        while not self._ended:
            try:
                # No page waits for this thread: it need not be in a hurry.
                with (
                    connect(self._url, timeout=_SILENCE_SECONDS) as client,
                    client.pubsub() as channel,
                ):
                    channel.subscribe(CHANNEL)
                    self._listen(channel)
            except (RedisError, OSError) as error:
                log.debug("nothing is heard of changes: %s", error)
            except Exception:
                # Without this thread no page of this process would hear of anything any more.
                log.exception("listening for changes failed")
            # Who was told nothing meanwhile has to look again: by a new stream, or without one.
            self._hears = False
            self._tried.set()
            for one in self._all():
                one.end()
            time.sleep(_PAUSE_SECONDS)

    def _listen(self, channel: PubSub) -> None:
        """Pass on what is heard, until nothing is: a server that is frozen answers no ping."""
        asked = False
        while not self._ended:
            message = channel.get_message(timeout=_SILENCE_SECONDS)
            if message is None:
                if asked:
                    return
                channel.ping()
            elif message["type"] == "subscribe":
                self._heard.clear()
                self._complete_since = clock.now().timestamp()
                self._hears = True
                self._tried.set()
            elif message["type"] == "message":
                self._pass_on(*message["data"].decode().split())
            asked = message is None

    def _pass_on(self, page: str, *topics: str) -> None:
        heard = _Heard(clock.now().timestamp(), page, topics)
        if len(self._heard) == self._heard.maxlen:
            self._complete_since = self._heard[0].at
        self._heard.append(heard)
        for one in self._all():
            if heard.concerns(one):
                one.tell()
