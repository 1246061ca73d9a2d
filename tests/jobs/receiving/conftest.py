"""A receiver of mail in a thread of the test's own process."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

import pytest
from flask import Flask

from jobs.receiving.reception import Reception
from tests.mail_bringer import Bringer
from tests.waiting import PATIENCE

Connect = Callable[..., Bringer]


@contextmanager
def receiver(app: Flask, protocol: str) -> Iterator[tuple[str, int]]:
    """Where it listens."""
    loop, reception = asyncio.new_event_loop(), Reception(app, protocol)
    listening = loop.create_server(reception.meet, "127.0.0.1", 0)
    server = loop.run_until_complete(listening)
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield server.sockets[0].getsockname()
    finally:
        asyncio.run_coroutine_threadsafe(_end(server, reception), loop).result(PATIENCE)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE)
        loop.close()


async def _end(server: asyncio.Server, reception: Reception) -> None:
    server.close()
    for dialogue in list(reception.dialogues):
        dialogue.leave()
    while reception.dialogues or reception.asking:
        await asyncio.sleep(0.001)
    reception.close()


@pytest.fixture
def connect(app: Flask) -> Iterator[Connect]:
    """`connect("smtp")`: a new connection to a receiver, greeted; by LMTP unless said otherwise."""
    with ExitStack() as stack:
        places: dict[str, tuple[str, int]] = {}

        def connected(protocol: str = "lmtp") -> Bringer:
            if protocol not in places:
                made: AbstractContextManager[tuple[str, int]] = receiver(app, protocol)
                places[protocol] = stack.enter_context(made)
            bringer = Bringer(places[protocol], protocol)
            stack.callback(bringer.close)
            return bringer.__enter__()

        yield connected
