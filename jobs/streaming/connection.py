"""A connection: its one request, then its stream. Whoever is slow or says more is let go."""

import asyncio
import logging
import socket
from collections.abc import Sequence
from http import HTTPStatus

from jobs.streaming.askers import Askers
from jobs.streaming.requests import (
    HEAD_END,
    MOST_HEAD_BYTES,
    Refused,
    opening,
    refusal,
    signed_text,
)
from jobs.streaming.streams import Stream, Streams
from portal import clock
from portal.live_events import subscriptions

log = logging.getLogger(__name__)

# For the head of a request.
HEAD_SECONDS = 10.0
# What a slow reader may leave with us, and about as much with the kernel: many events.
MOST_UNSENT_BYTES = 16 * 1024
# After so much silence of the other side, whatever we send, it is gone.
_GONE_MILLISECONDS = 30_000


class Connection(asyncio.Protocol):
    __slots__ = ("_askers", "_head", "_keys", "_late", "_stream", "_streams", "_transport")

    def __init__(self, streams: Streams, askers: Askers, keys: Sequence[str]) -> None:
        self._streams, self._askers, self._keys = streams, askers, keys
        self._head = b""
        self._stream: Stream | None = None
        self._late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for the types
        self._transport = transport
        transport.set_write_buffer_limits(high=MOST_UNSENT_BYTES)
        _configure(transport.get_extra_info("socket"))
        loop = asyncio.get_running_loop()
        self._late = loop.call_later(HEAD_SECONDS, self._refuse, HTTPStatus.REQUEST_TIMEOUT)
        self._askers.add(self)

    def data_received(self, data: bytes) -> None:
        if self._late is None:  # after the request
            self._transport.abort()
            return
        searched = max(0, len(self._head) - len(HEAD_END) + 1)
        self._head += data
        end = self._head.find(HEAD_END, searched)
        if end < 0 and len(self._head) <= MOST_HEAD_BYTES:
            return
        if not 0 <= end <= MOST_HEAD_BYTES:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif end + len(HEAD_END) < len(self._head):
            self._refuse(HTTPStatus.BAD_REQUEST)
        else:
            self._answer(self._head[:end])

    def pause_writing(self) -> None:
        """Called when more waits to be sent than may."""
        self._transport.abort()

    def connection_lost(self, _error: Exception | None) -> None:
        self._done_reading()
        if self._stream is not None:
            self._streams.end(self._stream)

    def write(self, data: bytes) -> None:
        self._transport.write(data)

    def end(self) -> None:
        self._transport.close()

    def let_go(self) -> None:
        self._transport.abort()

    def _answer(self, head: bytes) -> None:
        try:
            text = signed_text(head)
        except Refused as refused:
            self._refuse(refused.status)
            return
        subscription = subscriptions.read(text, self._keys)
        if subscription is None:
            self._refuse(HTTPStatus.NOT_FOUND)
            return
        now = clock.now().timestamp()
        self._stream = self._streams.open(subscription, self, now)
        if self._stream is None:
            # The page looks now and then.
            self._refuse(HTTPStatus.NO_CONTENT, subscription.origin)
            return
        self._done_reading()
        self.write(opening(subscription.origin, self._streams.pause()))
        self._streams.catch_up(self._stream)

    def _refuse(self, status: HTTPStatus, origin: str = "") -> None:
        self._done_reading()
        self._transport.write(refusal(status, origin))
        self._transport.close()

    def _done_reading(self) -> None:
        self._head = b""
        self._askers.discard(self)
        if self._late is not None:
            self._late.cancel()
            self._late = None


def _configure(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, MOST_UNSENT_BYTES)
    if connection.family != socket.AF_UNIX and hasattr(socket, "TCP_USER_TIMEOUT"):
        level, option = socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT
        connection.setsockopt(level, option, _GONE_MILLISECONDS)
