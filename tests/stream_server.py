"""The process of streams as a thread of the test's own process."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from jobs.streaming.askers import Askers
from jobs.streaming.connection import Connection
from jobs.streaming.program import end_tasks
from jobs.streaming.redis_listener import Listener
from jobs.streaming.streams import Streams
from portal import clock
from portal.live_events import PROCESSES_KEY
from portal.queueing import connect
from tests.stream_readers import KEY, Address
from tests.waiting import PATIENCE, wait_for


class Serving:
    """One that listens at `address`. It hears changes where it is given a queue server."""

    def __init__(self, *, most: int = 1_000, queue_url: str = "") -> None:
        self._queue_url = queue_url
        # In a thread of its own: that of a test with a browser has a loop already.
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.streams = Streams(most, self._loop.call_later, self._loop.time)
        self.askers = Askers(self.streams, most + 100)
        self._listener = Listener(queue_url, self.streams)
        self._run(self._begin())
        wait_for(lambda: self.streams.is_listening, "listening")
        if queue_url:
            wait_for(self._has_left_a_sign, "to be found")

    def _has_left_a_sign(self) -> bool:
        with connect(self._queue_url) as client:
            return bool(client.hexists(PROCESSES_KEY, self._listener._name))

    def _run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)

    async def _begin(self) -> None:
        make = self._loop.create_server(
            lambda: Connection(self.streams, self.askers, [KEY]), "127.0.0.1", 0
        )
        self._server = await make
        self.address: Address = self._server.sockets[0].getsockname()
        works = [self._tick()]
        if self._queue_url:
            works += [self._listener.listen(), self._listener.beat()]
        else:
            self.streams.begin(clock.now().timestamp())
        self._tasks = [self._loop.create_task(work) for work in works]

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            self.streams.tick()

    def call(self, function: Callable[..., Any], *args: object) -> Any:
        """Do something in its loop; return what that returned."""

        async def called() -> Any:
            return function(*args)

        return self._run(called())

    def let_time_pass(self, seconds: float) -> None:
        """To be called in its loop, for which that is over at once."""
        before = self._loop.time
        setattr(self._loop, "time", lambda: before() + seconds)  # noqa: B010 - for the types

    def end(self) -> None:
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        await end_tasks(self._tasks)
        self.streams.end_all()
        # What was closed is closed in the next round.
        await asyncio.sleep(0.01)


@contextmanager
def serving(**options: Any) -> Iterator[Serving]:
    made = Serving(**options)
    try:
        yield made
    finally:
        made.end()
