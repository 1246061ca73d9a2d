"""Hears at the queue server what is to be told, and leaves a sign of life there."""

import asyncio
import logging
import secrets
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from jobs.streaming.streams import Streams
from portal import clock
from portal.live_events import ENDED_CHANNEL, LIVE_CHANNEL, PROCESSES_KEY, changes, endings

log = logging.getLogger(__name__)

# After this silence the queue server is pinged; after another one the connection is dead.
PING_SECONDS = 5.0
# Between two attempts to reach it.
RETRY_SECONDS = 1.0
_CONNECT_SECONDS = 5.0
# A sign of life is left so often, and counts for so long.
BEAT_SECONDS, _COUNTS_FOR = 2.0, 6.0
# Until changes are heard.
_LOOK_SECONDS = 0.1
# What killed processes have left goes with the last one.
_FORGOTTEN_AFTER = 60


class Listener:
    def __init__(self, url: str, streams: Streams) -> None:
        self._url, self._streams = url, streams
        self._name = secrets.token_hex(8)
        self._complained = False

    async def listen(self) -> None:
        """Never ends. Whenever nothing is heard there are no streams."""
        while True:
            try:
                async with self._client() as client, client.pubsub() as channel:
                    await channel.subscribe(LIVE_CHANNEL, ENDED_CHANNEL)
                    await self._hear(channel)
            except (RedisError, OSError, TimeoutError) as error:
                self._complain(f"nothing is heard of changes: {type(error).__name__}")
            except Exception:
                # It must not end: it serves all streams.
                log.exception("listening for changes failed")
            self._streams.deafen()
            await asyncio.sleep(RETRY_SECONDS)

    async def beat(self) -> None:
        """Never ends. Leaves a sign of life while changes are heard."""
        while True:
            try:
                async with self._client() as client:
                    while True:
                        is_listening = self._streams.is_listening
                        if is_listening:
                            await self._sign(client)
                        await asyncio.sleep(BEAT_SECONDS if is_listening else _LOOK_SECONDS)
            except (RedisError, OSError, TimeoutError) as error:
                self._complain(f"no sign of life was left: {type(error).__name__}")
            await asyncio.sleep(RETRY_SECONDS)

    def _client(self) -> Redis:
        return Redis.from_url(
            self._url, socket_connect_timeout=_CONNECT_SECONDS, socket_timeout=2 * PING_SECONDS
        )

    async def _hear(self, channel: Any) -> None:
        """Until the connection is dead: a frozen server answers no ping."""
        subscribed, asked = 0, False
        while True:
            message = await channel.get_message(timeout=PING_SECONDS)
            if message is None:
                if asked:
                    return
                await channel.ping()
            elif message["type"] == "subscribe":
                subscribed += 1
                if subscribed == 2:
                    self._streams.begin(clock.now().timestamp())
                    self._complained = False
            elif message["type"] == "message":
                self._pass_on(message["channel"].decode(), message["data"])
            asked = message is None

    def _pass_on(self, channel: str, data: bytes) -> None:
        if channel == ENDED_CHANNEL:
            self._streams.end_those(endings.read(data))
        else:
            self._streams.hear(changes.read(data, clock.now().timestamp()))

    async def _sign(self, client: Redis) -> None:
        now = clock.now().timestamp()
        async with client.pipeline(transaction=False) as pipeline:
            pipeline.hset(
                PROCESSES_KEY, self._name, f"{now + _COUNTS_FOR:.1f} {len(self._streams)}"
            )
            pipeline.expire(PROCESSES_KEY, _FORGOTTEN_AFTER)
            pipeline.hgetall(PROCESSES_KEY)
            *_, known = await pipeline.execute()
        past = [name for name, said in known.items() if float(said.split()[0]) < now]
        if past:
            await _answered(client.hdel(PROCESSES_KEY, *past))

    def _complain(self, text: str) -> None:
        """Say it once, until it is well again."""
        if not self._complained:
            log.warning("%s", text)
        self._complained = True


async def _answered(call: Any) -> Any:
    """The client's types say that some answers may be there at once."""
    return await call
