"""A mail server on loopback that takes everything and remembers the Message-IDs alone."""

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.servers import free_port

_ID = re.compile(rb"^message-id:\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_TAKEN = {b"EHLO": b"250 localhost", b"DATA": b"354 go on", b"QUIT": b"221 bye"}


class MailServer:
    """Speaks as much SMTP as a client needs that makes no mistakes."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.taken, self.connections = 0, 0
        self._ids: set[bytes] = set()

    @property
    def different(self) -> int:
        """How many Message-IDs came."""
        return len(self._ids)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from greeting to good-bye."""
        self.connections += 1
        writer.write(b"220 localhost\r\n")
        while line := await reader.readline():
            verb = line[:4].upper()
            writer.write(_TAKEN.get(verb, b"250 ok") + b"\r\n")
            if verb == b"DATA":
                data = await reader.readuntil(b"\r\n.\r\n")
                self._ids.update(_ID.findall(data)[:1])
                self.taken += 1
                writer.write(b"250 taken\r\n")
            if verb == b"QUIT":
                break
        writer.close()


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """One that runs in a thread until the block ends."""
    made = MailServer(free_port())
    loop = asyncio.new_event_loop()

    async def start() -> asyncio.Server:
        return await asyncio.start_server(made.serve, "127.0.0.1", made.port)

    loop.run_until_complete(start())
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
