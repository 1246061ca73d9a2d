"""The program: one loop for all connections, until it is told to stop."""

import asyncio
import logging
import os
import signal
import socket

from jobs import job
from jobs.listening import Place, listen
from jobs.process import settle
from jobs.receiving.reception import Reception
from jobs.running import application
from portal.engines import read_without_map
from portal.errors import ConfigError
from portal.extensions import begin_write, db
from portal.inbound_url import Listening
from portal.models.operations import HeartbeatName
from portal.services.operations import heartbeats

log = logging.getLogger(__name__)

# For mails at hand, once told to stop.
_LAST_SECONDS = 4.0
_LOOK_SECONDS = 0.05
_BEAT_SECONDS = 60.0


def run() -> None:
    """Take mail until told to stop. Raises ConfigError."""
    app = application()
    where = app.config["INBOUND_URL"]
    if not isinstance(where, Listening):
        raise ConfigError("INBOUND_URL names nothing to listen on, like lmtp://127.0.0.1:24")
    # It logs addresses, and each command.
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    with app.app_context():
        for engine in db.engines.values():
            read_without_map(engine)
            engine.dispose()
    settle()
    place = Place("INBOUND_URL", where.host, where.port, where.path)
    with listen(place) as listener:
        asyncio.run(_serve(Reception(app, where.protocol), listener))


async def _serve(reception: Reception, listener: socket.socket) -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    server = await loop.create_server(reception.meet, sock=listener)
    beating = asyncio.create_task(_beat(reception))
    await told.wait()
    beating.cancel()
    server.close()
    await _part(reception)


async def _beat(reception: Reception) -> None:
    """Say that we are here, again and again."""
    while True:
        try:
            await reception.ask(beat)
        except Exception as error:
            log.warning("no sign of life was left: %r", error)
        await asyncio.sleep(_BEAT_SECONDS)


@job
def beat() -> None:
    """Leave a sign of life."""
    begin_write()
    heartbeats.beat(HeartbeatName.INBOUND)


async def _part(reception: Reception) -> None:
    """Let mails at hand be kept, for some seconds, and all others be brought to the next of us."""
    for dialogue in list(reception.dialogues):
        dialogue.leave()
    loop = asyncio.get_running_loop()
    until = loop.time() + _LAST_SECONDS
    while reception.dialogues and loop.time() < until:
        await asyncio.sleep(_LOOK_SECONDS)
    if reception.asking:
        # Such a thread would be waited for, and nobody is there any more to hear its answer.
        log.warning("the database did not answer in time: what was at hand has to come again")
        os._exit(0)
