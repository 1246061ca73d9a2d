"""A server of chat completions on loopback, as strict as the real ones: it refuses a wrong key, an
unknown model and a body that is not as described; and as bad as they can be, when told to."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from flask import Flask

from portal.model_settings import ModelServer
from tests.waiting import PATIENCE, wait_for

KEY, MODEL = "test-key-1", "small-model"
_FIELDS = {"model", "messages", "max_tokens", "temperature", "stream", "stream_options"}


@dataclass
class FakeModel:
    """`pieces` are what it says, `usage` what it says that cost; `raw` is sent instead of a body of
    `media_type`, or of the whole stream. `cut`: it hangs up before the end. `endless`: it repeats
    itself for ever. `hold`: it waits for that before its last piece."""

    port: int = 0
    pieces: list[str] = field(default_factory=lambda: ["Hello", " there."])
    usage: Any = field(default_factory=lambda: {"total_tokens": 42})
    status: int = 200
    media_type: str = "text/event-stream"
    raw: bytes | None = None
    cut: bool = False
    endless: bool = False
    hold: threading.Event | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def told(self) -> str:
        """All that left for it, as text."""
        return json.dumps(self.asked, ensure_ascii=False)

    def material(self, number: int = -1) -> Any:
        """What it was given to work with."""
        return json.loads(self.asked[number]["messages"][1]["content"])

    def wait_until_asked(self) -> None:
        wait_for(lambda: bool(self.asked), "a call of the model")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    model: FakeModel

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            refusal = self._refusal(body)
            if refusal:
                self._whole(refusal, json.dumps({"error": {"message": "no"}}).encode())
            else:
                self._answer()
        except OSError:
            pass  # whoever asked has gone
        self.close_connection = True

    def _refusal(self, body: bytes) -> int:
        if self.path != "/v1/chat/completions":
            return 404
        if self.headers["Authorization"] != f"Bearer {KEY}":
            return 401
        try:
            asked = json.loads(body)
        except ValueError:
            return 400
        if set(asked) != _FIELDS or self.headers["Content-Type"] != "application/json":
            return 400
        if asked["model"] != MODEL:
            return 404
        roles = [message["role"] for message in asked["messages"]]
        texts = [message["content"] for message in asked["messages"]]
        is_right = (
            roles == ["system", "user"]
            and all(isinstance(text, str) and text for text in texts)
            and isinstance(json.loads(texts[1]), dict)
            and 0 < asked["max_tokens"] <= 4096
            and asked["stream"] is True
            and asked["stream_options"] == {"include_usage": True}
        )
        self.model.asked.append(asked)
        return 0 if is_right else 400

    def _answer(self) -> None:
        model = self.model
        if model.raw is not None or model.status != 200:
            self._whole(model.status, model.raw or b"")
            return
        self.send_response(200)
        self.send_header("Content-Type", model.media_type)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self._chunk(b": keep-alive\n\n")
        for number, piece in enumerate(model.pieces):
            if model.hold and number == len(model.pieces) - 1:
                model.hold.wait(PATIENCE)
            self._say({"choices": [{"index": 0, "delta": {"content": piece}}]})
        while model.endless:
            self._say({"choices": [{"index": 0, "delta": {"content": "again and again "}}]})
        if model.cut:
            self.wfile.write(b"40\r\ndata: {")
            return
        self._say({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        if model.usage is not None:
            self._say({"choices": [], "usage": model.usage})
        self._chunk(b"data: [DONE]\n\n")
        self._chunk(b"")

    def _say(self, chunk: dict[str, Any]) -> None:
        self._chunk(f"data: {json.dumps(chunk)}\n\n".encode())

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def _whole(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", self.model.media_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        """Keep quiet."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True


@contextmanager
def model_server() -> Iterator[FakeModel]:
    made = FakeModel()
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"model": made}))
    made.port = int(server.server_address[1])
    serving = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    serving.start()
    try:
        yield made
    finally:
        if made.hold:
            made.hold.set()
        server.shutdown()
        server.server_close()


@contextmanager
def desk_with_model(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeModel]:
    """`app` has a model, which may read everybody's tickets."""
    with model_server() as made:
        values = {
            "AI": ModelServer(f"{made.url}/chat/completions", MODEL, KEY),
            "AI_ORGANIZATIONS": "all",
            "OUTBOUND_ALLOW": frozenset({("127.0.0.1", made.port)}),
        }
        for name, value in values.items():
            monkeypatch.setitem(app.config, name, value)
        yield made
