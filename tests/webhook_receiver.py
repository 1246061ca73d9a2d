"""An HTTP server on loopback that keeps the requests it gets, and answers as a test sets it."""

import base64
import hashlib
import hmac
import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.waiting import wait_for


@dataclass(frozen=True)
class Taken:
    """A request that came. Header names are in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def type(self) -> str:
        return str(self.json["type"])

    def signed_with(self, secret: str) -> bool:
        """Whether one of its signatures (Standard Webhooks) was made with `secret`."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = f"{self.id}.{self.headers['webhook-timestamp']}.".encode() + self.body
        made = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return f"v1,{made}" in self.headers["webhook-signature"].split(" ")


@dataclass
class Receiver:
    """`answers` are the next statuses, 200 when there is none.

    `raw` is sent instead of a response, byte by byte if there are `drip` seconds between them.
    `after` is the seconds before a response; shortening it releases a waiting client at once.
    """

    port: int = 0
    answers: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    raw: bytes = b""
    drip: float = 0.0
    after: float = 0.0
    taken: list[Taken] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def wait_for(self, number: int) -> None:
        """Wait until that many requests were taken, whether or not they were answered."""
        wait_for(lambda: len(self.taken) >= number, f"{number} requests")


class _Handler(BaseHTTPRequestHandler):
    receiver: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.receiver.taken.append(Taken(self.path, headers, body))
        began = time.monotonic()
        while time.monotonic() - began < self.receiver.after:
            time.sleep(0.01)
        try:
            self._answer()
        except OSError:
            self.close_connection = True  # whoever asked has gone

    do_GET = do_POST  # noqa: N815

    def _answer(self) -> None:
        if self.receiver.raw:
            step = 1 if self.receiver.drip else len(self.receiver.raw)
            for start in range(0, len(self.receiver.raw), step):
                self.wfile.write(self.receiver.raw[start : start + step])
                time.sleep(self.receiver.drip)
            self.close_connection = True
            return
        self.send_response(self.receiver.answers.pop(0) if self.receiver.answers else 200)
        for name, value in self.receiver.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.receiver.body)

    def log_message(self, *_args: Any) -> None:
        """Keep quiet."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_args: Any) -> None:
        """A handshake that was broken off is what some tests want."""


@contextmanager
def receiver(certificate: tuple[Path, Path] | None = None) -> Iterator[Receiver]:
    """A running receiver on a free port, with TLS if given a certificate and its key."""
    made = Receiver()
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"receiver": made}))
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    made.port = int(server.server_address[1])
    serving = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    serving.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
