"""The web server's loop: slow clients wait here, so that threads need not.

Gunicorn's own loop gives a thread to each new connection and to each first byte, and lets it wait;
and it waits itself, two seconds each, for clients to close. A few who do nothing would silence it.
This one reads a request until a thread can answer it, sends the rest of an answer to a slow reader,
and waits for clients to close: for all of them at once, and for each until its deadline.
"""

import errno
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from types import FrameType
from typing import Any

from gunicorn.workers.gthread import STOP_KEEPALIVE_LINGER, ThreadWorker

from jobs.serving import refusals
from jobs.serving.arrival import SMALL, Stage
from jobs.serving.connections import BodyReader, Connection, PatientSocket, Unsent, deadlines

_LATE_EVERY = 0.25
_NOBODY_THERE = (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK)


class PatientWorker(ThreadWorker):  # type: ignore[misc]
    """At each moment a connection is with a thread, between two requests, or in `_waiting`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._allowed = deadlines()
        self._unsent = Unsent()
        # Until when, and what is done then.
        self._waiting: dict[Connection, tuple[float, Callable[[Connection], None]]] = {}
        self._late_at = 0.0
        # So many threads may read long bodies at once; the others answer. See `load_wsgi`.
        self._free_for_long = 1
        self._long: deque[Connection] = deque()

    def load_wsgi(self) -> None:
        """Gunicorn counts the threads of streams, which none but streams may hold."""
        super().load_wsgi()
        self._free_for_long = max(1, self.wsgi.config["WEB_THREADS"] // 4)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Told to end: answer what is at hand.

        Nobody waits for open pages: they are told of changes by whoever serves next.
        """
        super().handle_exit(sig, frame)
        # In the loop: a signal's handler must not wait for a lock.
        self.method_queue.defer(self._end_streams)

    def _end_streams(self) -> None:
        self.wsgi.extensions["lodge.live"].end()

    def accept(self, listener: socket.socket) -> None:
        """Take a connection, and read what is there: often that is a whole request."""
        try:
            accepted, client = listener.accept()
        except OSError as error:
            if error.errno in _NOBODY_THERE:
                return
            raise
        self.nr_conns += 1
        sock = PatientSocket(accepted, self._allowed, self._unsent)
        self._receive(Connection(self.cfg, sock, client, listener.getsockname()))

    def on_client_socket_readable(self, conn: Connection, client: socket.socket) -> None:
        """On a connection that was kept the next request begins."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._receive(conn)

    def _receive(self, conn: Connection, _sock: Any = None) -> None:
        try:
            data = conn.sock.receive_now(SMALL)
        except BlockingIOError:
            if conn not in self._waiting:
                self._wait(conn, self._receive, self._allowed.head, self._refuse_late)
            return
        except OSError:
            data = b""
        if data:
            self._read(conn, data)
        else:
            self._drop(conn)

    def _read(self, conn: Connection, data: bytes) -> None:
        """Take a part of a request, and pass the request on when no thread has to wait for it."""
        arrival, before = conn.arrival, conn.arrival.stage
        arrival.add(data)
        if arrival.stage is Stage.HEAD:
            if conn not in self._waiting:
                self._wait(conn, self._receive, self._allowed.head, self._refuse_late)
        elif arrival.stage is Stage.BODY:
            if before is not Stage.BODY:
                self._wait(conn, self._receive, self._allowed.body, self._refuse_late)
        else:
            self._stop_waiting(conn)
            self._pass_on(conn, arrival.stage)

    def _pass_on(self, conn: Connection, stage: Stage) -> None:
        if stage is Stage.EXCESSIVE:
            self._refuse(conn, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        elif stage is Stage.LONG:
            self._long.append(conn)
            self._pass_on_long()
        else:
            self.enqueue_req(conn)

    def _pass_on_long(self) -> None:
        while self._long and self._free_for_long:
            self._free_for_long -= 1
            conn = self._long.popleft()
            conn.is_long = True
            self.enqueue_req(conn)

    def handle(self, conn: Connection) -> Any:
        """In a thread: answer the request that has come."""
        conn.note_beginning()
        conn.parser.unreader.unread(conn.arrival.take())
        return super().handle(conn)

    def handle_request(self, req: Any, conn: Connection) -> Any:
        """In a thread: from here on the rest of the body may be waited for."""
        conn.sock.begin_body(req)
        req.body.reader = BodyReader(req.body.reader)
        return super().handle_request(req, conn)

    def _keepalive_after(self, conn: Connection, keepalive: bool) -> bool:
        """In a thread: whether another request may follow. What is still to come is not awaited.

        Nor is anybody told that it cannot be read: this request has had its answer.
        """
        conn.sock.begin_body(None)
        with suppress(Exception):
            return keepalive and bool(conn.parser.finish_body(max_bytes=SMALL))
        return False

    def finish_request(self, conn: Connection, fs: Future[Any]) -> None:
        """A thread is done with a connection."""
        if conn.is_long:
            conn.is_long = False
            self._free_for_long += 1
            self._pass_on_long()
        keep = False
        with suppress(Exception):  # it has been logged where it happened
            keep = bool(fs.result())
        self._go_on(conn, keep)

    def _go_on(self, conn: Connection, keep: bool) -> None:
        """After an answer: send what is left of it, then await the next request or close."""
        if kept := conn.sock.kept:
            conn.kept, conn.keep = kept, keep
            send, write = self._send_kept, selectors.EVENT_WRITE
            self._wait(conn, send, self._allowed.answer, self._drop, write)
        elif not keep:
            self._close(conn)
        elif early := conn.parser.unreader.take_buffered():
            self._read(conn, early)
        else:
            conn.set_timeout()
            if not self.alive:
                conn.timeout = min(conn.timeout, time.monotonic() + STOP_KEEPALIVE_LINGER)
            self.keepalived_conns.append(conn)
            read = partial(self.on_client_socket_readable, conn)
            self.poller.register(conn.sock, selectors.EVENT_READ, read)

    def _send_kept(self, conn: Connection, _sock: Any) -> None:
        try:
            done = conn.sock.send_kept()
        except OSError:
            self._drop(conn)
            return
        if done or conn.kept - conn.sock.kept >= SMALL:
            self._stop_waiting(conn)
            self._go_on(conn, conn.keep)

    def _refuse_late(self, conn: Connection) -> None:
        """A client that has said nothing at all is told nothing: it may keep a line in reserve."""
        if conn.arrival:
            self._stop_waiting(conn)
            self._refuse(conn, HTTPStatus.REQUEST_TIMEOUT)
        else:
            self._drop(conn)

    def _refuse(self, conn: Connection, status: HTTPStatus) -> None:
        conn.note_beginning()
        with suppress(OSError):
            conn.sock.send(self._refusal(conn.sock, status))
        self._close(conn)

    def handle_error(
        self,
        req: Any,  # noqa: ARG002
        client: PatientSocket,
        addr: Any,  # noqa: ARG002
        exc: Exception,
    ) -> None:
        """In a thread: answer what the parser cannot read, or what broke around the application."""
        status = refusals.status_of(exc)
        if status is HTTPStatus.INTERNAL_SERVER_ERROR:
            self.log.error("a request broke outside of the application", exc_info=exc)
        with suppress(OSError):
            client.sendall(self._refusal(client, status))

    def _refusal(self, sock: PatientSocket, status: HTTPStatus) -> bytes:
        request_id = refusals.new_request_id()
        self.log.warning("a request was refused unread: %d [%s]", status, request_id)
        return refusals.answer(status, request_id, for_api=sock.is_for_api)

    def _close(self, conn: Connection) -> None:
        """Say that no more comes, and let the client close: a reset could take an answer away."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._drop(conn)
        else:
            self._wait(conn, self._drain, self._allowed.closing, self._drop)

    def _drain(self, conn: Connection, _sock: Any) -> None:
        try:
            over = not conn.sock.receive_now(SMALL)
        except BlockingIOError:
            return
        except OSError:
            over = True
        if over:
            self._drop(conn)

    def _wait(
        self,
        conn: Connection,
        callback: Callable[..., None],
        seconds: float,
        when_late: Callable[[Connection], None],
        event: int = selectors.EVENT_READ,
    ) -> None:
        if conn not in self._waiting:
            self.poller.register(conn.sock, event, partial(callback, conn))
        self._waiting[conn] = time.monotonic() + seconds, when_late

    def _stop_waiting(self, conn: Connection) -> None:
        if self._waiting.pop(conn, None):
            self.poller.unregister(conn.sock)

    def _drop(self, conn: Connection) -> None:
        self._stop_waiting(conn)
        self.nr_conns -= 1
        conn.close()

    def murder_pending(self) -> None:
        """Drop those whose deadline is over. Gunicorn calls this at each turn of its loop."""
        while self.nr_conns >= self.worker_connections and self._drop_one():
            pass  # so that there is always room for one more
        now = time.monotonic()
        if now < self._late_at:
            return
        self._late_at = now + _LATE_EVERY
        for conn, (until, when_late) in list(self._waiting.items()):
            if not self.alive and when_late == self._refuse_late and not conn.arrival:
                # Told to end: a request that has not begun is not awaited for long.
                until += STOP_KEEPALIVE_LINGER - self._allowed.head  # noqa: PLW2901
            if until <= now:
                when_late(conn)

    def _drop_one(self) -> bool:
        if self.keepalived_conns:
            conn = self.keepalived_conns.popleft()
            self.poller.unregister(conn.sock)
        elif self._waiting:
            conn = min(self._waiting, key=lambda conn: self._waiting[conn][0])
        else:
            return False
        self._drop(conn)
        return True
