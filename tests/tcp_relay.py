"""A TCP relay on loopback in front of a unix socket that can reset its connections."""

import select
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.servers import free_port
from tests.waiting import PATIENCE

# On closing, forget what was not sent and tell the other side so at once.
_RESET = struct.pack("ii", 1, 0)


class Relay:
    """Passes on what comes to `port` to the unix socket at `target`."""

    def __init__(self, target: Path) -> None:
        self._target = target
        self.port = free_port()
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def cut(self) -> int:
        """Reset every connection. Returns how many there were."""
        pairs, self._pairs = self._pairs, []
        for client, server in pairs:
            with suppress(OSError):
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                server.shutdown(socket.SHUT_RDWR)  # wakes the thread, which closes both
        return len(pairs)

    def close(self) -> None:
        """Stop listening and reset every connection."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join(PATIENCE)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _address = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(str(self._target))
                self._pairs.append((client, server))
                thread = threading.Thread(target=_pass_on, args=(client, server), daemon=True)
                self._threads.append(thread)
                thread.start()


def _pass_on(client: socket.socket, server: socket.socket) -> None:
    other = {client: server, server: client}
    with suppress(OSError, ValueError), client, server:
        while True:
            for end in select.select([client, server], [], [])[0]:
                data = end.recv(65536)
                if not data:
                    return
                other[end].sendall(data)


@contextmanager
def relay(target: Path) -> Iterator[Relay]:
    """A relay to the unix socket at `target` until the block ends."""
    made = Relay(target)
    try:
        yield made
    finally:
        made.close()
