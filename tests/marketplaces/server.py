"""The server of the marketplaces: it keeps what was asked, and fails as a test wants it."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Refused(Exception):
    """What is answered instead of products."""

    def __init__(self, status: int, said: dict[str, Any]) -> None:
        super().__init__(status)
        self.status = status
        self.said = said


class Answer(NamedTuple):
    """`cut` bytes less are sent than its head promises."""

    status: int = 200
    body: bytes = b"{}"
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    cut: int = 0

    @classmethod
    def json(cls, said: object, status: int = 200, **headers: str) -> "Answer":
        named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        return cls(status, json.dumps(said).encode(), headers=named)


class Asked(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]
    body: Any


Handle = Callable[[Asked], object]


@dataclass
class Marketplace:
    """`instead` are answers to the next requests of a path, None for the usual one."""

    port: int = 0
    routes: dict[str, Handle] = field(default_factory=dict)
    instead: dict[str, list[Answer | None]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def paths(self) -> list[str]:
        return [one.path for one in self.asked]

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        for path, waiting in self.instead.items():
            if path in asked.path and waiting and (other := waiting.pop(0)):
                return other
        for path, handle in self.routes.items():
            if asked.path == path or (path.endswith("/") and asked.path.startswith(path)):
                try:
                    return Answer.json(handle(asked))
                except Refused as refused:
                    return Answer.json(refused.said, refused.status)
        return Answer.json({"message": "no such method"}, 404)


class _Handler(BaseHTTPRequestHandler):
    marketplace: Marketplace
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._serve(None)

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        self._serve(json.loads(raw) if self.headers["Content-Type"] == "application/json" else raw)

    def _serve(self, body: Any) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.marketplace.answer(Asked(self.command, self.path, headers, body))
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body[: len(answer.body) - answer.cut])
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(marketplace: Marketplace) -> Iterator[None]:
    """It runs inside the block, on a port of its own."""
    handler = type("Handler", (_Handler,), {"marketplace": marketplace})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    marketplace.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
