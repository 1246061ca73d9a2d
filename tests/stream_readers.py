"""Readers of the process of streams, as raw connections: one of them, or thousands at once."""

import selectors
import socket
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from portal import clock
from portal.live_events import subscriptions
from portal.live_events.subscriptions import Subscription
from portal.live_events.topics import Topics
from tests.waiting import PATIENCE

KEY = "only-for-tests"
# Where it listens: a port of loopback, or a path.
Address = tuple[str, int] | str


def subscription(*soon: str, **changed: Any) -> Subscription:
    """Of reader 1, for a minute, unless said otherwise."""
    usual = {"reader": 1, "session": "s1", "epoch": 0, "page": "", "since": None, "origin": ""}
    usual |= {"until": clock.now().timestamp() + 60, "topics": Topics(frozenset(soon))}
    return Subscription(**{**usual, **changed})


def signed(*soon: str, keys: Iterable[str] = (KEY,), **changed: Any) -> str:
    return subscriptions.sign(subscription(*soon, **changed), list(keys))


def request(text: str) -> bytes:
    return f"GET /streams/{text} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


class Reader:
    """A connection; `heard` is all that came so far."""

    def __init__(self, address: Address) -> None:
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.socket = socket.socket(family)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(address)
        self.heard = b""
        self.is_over = False

    def say(self, data: bytes) -> "Reader":
        with suppress(ConnectionError):  # then the other side has heard enough
            self.socket.sendall(data)
        return self

    def receive(self) -> None:
        """Take what is there; wait for something."""
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            data = b""
        self.heard += data
        self.is_over = not data

    def hear(self, text: str) -> bytes:
        """Wait until that came; return all that came. Fails when the stream ends before."""
        while text.encode() not in self.heard:
            assert not self.is_over, self.heard
            self.receive()
        return self.heard

    def rest(self) -> bytes:
        """All that comes until the other side ends."""
        while not self.is_over:
            self.receive()
        return self.heard

    @property
    def status(self) -> int:
        """Of the answer, for which it waits."""
        while b"\r\n" not in self.heard and not self.is_over:
            self.receive()
        return int(self.heard.split()[1]) if self.heard else 0

    def close(self) -> None:
        self.socket.close()


class Crowd:
    """Many of them."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._selector = selectors.DefaultSelector()
        self.readers: list[Reader] = []

    def open(self, texts: Iterable[str]) -> None:
        """A reader with each of these subscriptions; each has its stream afterwards."""
        for text in texts:
            reader = Reader(self._address).say(request(text))
            self.readers.append(reader)
            self._selector.register(reader.socket, selectors.EVENT_READ, reader)
        self.until(lambda reader: b"event: pause" in reader.heard)

    def until(self, reached: Callable[[Reader], bool]) -> float:
        """Read until that is so of each of them; return how many seconds it took."""
        began = time.monotonic()
        missing = {reader for reader in self.readers if not reached(reader)}
        while missing:
            assert time.monotonic() < began + PATIENCE, f"{len(missing)} have not heard"
            for key, _ in self._selector.select(1.0):
                key.data.receive()
                if key.data.is_over:
                    self._selector.unregister(key.data.socket)
                if reached(key.data):
                    missing.discard(key.data)
        return time.monotonic() - began

    def forget(self) -> None:
        """What they have heard so far."""
        for reader in self.readers:
            reader.heard = b""

    def close(self) -> None:
        self._selector.close()
        for reader in self.readers:
            reader.close()
