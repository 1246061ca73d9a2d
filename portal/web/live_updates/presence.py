"""Who has something open, and who writes there: for seconds in the queue server, nowhere else.

An open page says so every few seconds, and when it is left. What a page has said is forgotten soon
after it went silent: when its browser crashed, or lost its network. Without the queue server
nobody is seen.
"""

import logging
import time
from enum import StrEnum
from typing import Any

from flask import Flask
from redis.exceptions import RedisError

from portal import clock
from portal.live_events import LIVE_CHANNEL
from portal.queueing import connect

log = logging.getLogger(__name__)

# How often a page says that it is there, and how long that counts. Others learn of a silent one
# with their own next beat: after both together, less than half a minute.
BEAT_SECONDS = 10
_COUNTS_FOR = 18
# After a failure nobody asks the queue server for a while.
_PAUSE_SECONDS = 5.0


class State(StrEnum):
    """What a page says of its reader."""

    READING = "reading"
    WRITING = "writing"
    GONE = "gone"


def attach(app: Flask) -> None:
    """Give the application its Presence, and templates `presence_beat()`."""
    app.jinja_env.globals["presence_beat"] = lambda: BEAT_SECONDS
    app.extensions["lodge.presence"] = Presence(app.config["REDIS_URL"])


class Presence:
    """What the pages of all web processes have said."""

    def __init__(self, url: str) -> None:
        self._client: Any = connect(url)
        self._silent_until = 0.0

    def beat(self, room: str, reader: int, page: str, state: State) -> dict[int, State]:
        """Note what that page says; return what others are doing there, by their ids.

        Their pages are told at `topic(room)` when it is news. Never raises.
        """
        if time.monotonic() < self._silent_until:
            return {}
        try:
            return self._beat(room, reader, page, state)
        except (RedisError, OSError) as error:
            self._silent_until = time.monotonic() + _PAUSE_SECONDS
            log.debug("nobody knows who is here: %s", error)
            return {}

    def _beat(self, room: str, reader: int, page: str, state: State) -> dict[int, State]:
        now = clock.now().timestamp()
        key, own = f"lodge:here:{room}", f"{reader}.{page}"
        with self._client.pipeline() as pipeline:
            pipeline.hgetall(key)
            if state is State.GONE:
                pipeline.hdel(key, own)
            else:
                pipeline.hset(key, own, f"{now + _COUNTS_FOR:.3f} {state}")
                pipeline.expire(key, _COUNTS_FOR)
            before = {
                name.decode(): value.decode().split()
                for name, value in pipeline.execute()[0].items()
            }
        here = {name: word for name, (until, word) in before.items() if float(until) > now}
        if here.get(own, State.GONE) != state:
            self._client.publish(LIVE_CHANNEL, f"{page or '-'} {topic(room)}")
        if past := before.keys() - here.keys() - {own}:
            self._client.hdel(key, *past)
        return _others(here, reader)


def topic(room: str) -> str:
    """The topic of who is there."""
    return f"{room}-here"


def _others(here: dict[str, str], reader: int) -> dict[int, State]:
    """By person, who may have several pages open: writing outdoes reading."""
    found: dict[int, State] = {}
    for name, word in here.items():
        other = int(name.partition(".")[0])
        if other != reader and found.get(other) is not State.WRITING:
            found[other] = State(word)
    return found
