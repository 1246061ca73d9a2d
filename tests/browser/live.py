"""A live server for the run's application, so that a real browser can ask it.

It runs in threads of the test process: what a test writes into the database is there for the
pages, and the other way round.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from werkzeug.serving import WSGIRequestHandler, make_server

from tests.waiting import PATIENCE


@dataclass
class _Busy:
    """Counts the requests that hold a database session: those inside the application's call."""

    app: WSGIApplication
    now: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        with self.lock:
            self.now += 1
        try:
            return self.app(environ, start)
        finally:
            with self.lock:
                self.now -= 1


class _Quiet(WSGIRequestHandler):
    def log_request(self, *_args: Any) -> None:
        """Nothing: a page is many requests."""


@dataclass(frozen=True)
class Site:
    """Where the server is, and how to wait until it has nothing to do."""

    url: str
    settle: Callable[[], None]


@contextmanager
def serve(app: WSGIApplication) -> Iterator[Site]:
    """Serve `app` on a free port of loopback."""
    busy = _Busy(app)
    server = make_server("127.0.0.1", 0, busy, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()

    def settle() -> None:
        deadline = time.monotonic() + PATIENCE
        while busy.now:
            assert time.monotonic() < deadline, f"{busy.now} requests are never answered"
            time.sleep(0.005)

    try:
        yield Site(f"http://127.0.0.1:{server.server_port}", settle)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
