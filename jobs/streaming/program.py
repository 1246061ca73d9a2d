"""The program: one loop for all streams, until it is told to end."""

import asyncio
import logging
import resource
import signal
import socket
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from jobs.listening import BACKLOG, Place, listen
from jobs.process import settle
from jobs.streaming.askers import Askers
from jobs.streaming.connection import Connection
from jobs.streaming.redis_listener import Listener
from jobs.streaming.streams import Streams
from portal import config, logs, reporting
from portal.errors import ConfigError

log = logging.getLogger(__name__)

# Files that are no streams: ours, and connections whose request is being read.
_OTHER_FILES = 256
# Of these: connections of which nothing is known, and those that are taken in one turn of the loop.
_ASKING_FILES, _TAKEN_AT_ONCE = 100, 32
_MOST_STREAMS = 20_000
# Below that the operator is told what holds us to so few.
_FEW_STREAMS = 5_000
# How long pages wait for the queue server when the process begins; later they are refused.
_FIRST_SECONDS = 5.0
# How long what was written may take to leave, once told to end.
_LAST_SECONDS = 0.5


def run() -> None:
    """Tell pages until told to end. Raises ConfigError."""
    settings = config.load()
    logs.configure(str(settings["LOG_LEVEL"]), str(settings["LOG_FORMAT"]))
    if dsn := settings["SENTRY_DSN"]:
        reporting.start(str(dsn))
    with listening(settings["STREAMS_LISTEN"]) as listener:
        settle()
        asyncio.run(_serve(settings, listener))


@contextmanager
def listening(where: object) -> Iterator[socket.socket]:
    """The socket that STREAMS_LISTEN names. Raises ConfigError."""
    if not isinstance(where, str):
        raise ConfigError("STREAMS_LISTEN names nothing to listen on, like 127.0.0.1:8001")
    if where.startswith("fd://"):
        with socket.socket(fileno=int(where.removeprefix("fd://"))) as handed:
            yield handed
        return
    host, _, port = where.rpartition(":")
    place = Place("STREAMS_LISTEN", host.strip("[]"), int(port)) if port.isdigit() else None
    path = Path(where.removeprefix("unix:"))
    with listen(place or Place("STREAMS_LISTEN", path=path)) as listener:
        yield listener


async def _serve(settings: Mapping[str, object], listener: socket.socket) -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    most = most_streams()
    streams = Streams(most, loop.call_later, loop.time)
    askers = Askers(streams, most + _ASKING_FILES)
    ears = Listener(str(settings["REDIS_URL"]), streams)
    keys = [str(settings["SECRET_KEY"]), *_texts(settings["SECRET_KEY_FALLBACKS"])]
    # Our sign of life stays for some seconds: who comes then waits in a socket that outlives us.
    # What nobody foresaw ends the process, which is started again.
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work) for work in (ears.listen(), ears.beat(), _tick(streams))]
        await _until_listening(streams)
        server = await loop.create_server(
            lambda: Connection(streams, askers, keys), sock=listener, backlog=_TAKEN_AT_ONCE
        )
        # That was also how many may wait.
        listener.listen(BACKLOG)
        await told.wait()
        server.close()
        await end_tasks(tasks)
    streams.end_all()
    await asyncio.sleep(_LAST_SECONDS)


async def _until_listening(streams: Streams) -> None:
    """Wait for the queue server a while: who comes meanwhile waits in the socket."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_FIRST_SECONDS):
            while not streams.is_listening:
                await asyncio.sleep(0.02)


async def end_tasks(tasks: Collection[asyncio.Task[None]]) -> None:
    """Cancel them, again where a library took that for a time-out of its own."""
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=0.1)


async def _tick(streams: Streams) -> None:
    while True:
        await asyncio.sleep(1.0)
        streams.tick()


def most_streams() -> int:
    """As many as this process may have files open, of which it takes what it is given."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < _MOST_STREAMS + _OTHER_FILES:
        wanted = min(hard, _MOST_STREAMS + _OTHER_FILES)
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = max(1, min(_MOST_STREAMS, soft - _OTHER_FILES))
    if most < _FEW_STREAMS:
        log.warning("there is room for %d streams: LimitNOFILE says how many files", most)
    return most


def _texts(value: object) -> list[str]:
    return [str(text) for text in value] if isinstance(value, list) else []
