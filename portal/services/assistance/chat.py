"""OpenAI's chat completions: the request, and an answer that comes in pieces.

Everything that comes is a stranger's: of any type, size and length, or no JSON at all.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from portal.model_settings import ModelServer
from portal.security.delivery import outbound
from portal.security.delivery.outbound import OutboundError, StreamedAnswer
from portal.services.assistance.prompts import Messages, estimated_tokens
from portal.services.assistance.reasoning import without_reasoning

# A stream says about 300 bytes for each token.
_MOST_BYTES = 2 * 1024 * 1024
_MOST_TOKENS = 10_000_000
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_LINE_ENDS = re.compile("\r\n?|[\u2028\u2029]")
# Why a server refuses, by its status.
_REFUSALS = {400: "refused", 401: "key", 402: "paid", 403: "key", 404: "model", 422: "refused"}
_REFUSALS |= {429: "limit"}

# Of OutboundError: the request has not left.
_NEVER_ASKED = frozenset({"url", "unreachable", "tls"})


class ChatError(Exception):
    """No whole answer.

    `reason`: "key", "model", "paid", "limit" or "refused" as the server says it; "server": its own
    fault; "answer": no such server; "cut": broken off; "empty"; or a code of OutboundError.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Usage(NamedTuple):
    """Tokens of a call; `estimated` where the server has not said it."""

    tokens: int
    estimated: bool


class Chat:
    """One call. `usage` is known when it has ended, however it did."""

    def __init__(self, server: ModelServer, messages: Messages, *, most_tokens: int) -> None:
        self._server = server
        self._messages = messages
        self._most_tokens = most_tokens
        self._told: int | None = None
        self._said: list[str] = []
        self._ended = False
        self._cut = False
        self._refused = False

    def pieces(self, seconds: float) -> Iterator[str]:
        """The answer as it comes. Raises ChatError, perhaps after some of it."""
        try:
            with outbound.stream(
                self._server.url, self._body(), self._headers(), within=seconds, most=_MOST_BYTES
            ) as answer:
                self._require_success(answer.status)
                yield from without_reasoning(self._noted(self._contents(answer)))
        except OutboundError as error:
            self._refused = self._refused or error.code in _NEVER_ASKED
            raise ChatError(error.code) from None
        if not "".join(self._said).strip():
            raise ChatError("empty" if self._ended else "cut")
        if self._cut or not self._ended:
            raise ChatError("cut")

    @property
    def usage(self) -> Usage:
        """As the server says it, within reason; else by the length of the texts."""
        if self._refused:
            return Usage(0, estimated=True)
        if self._told is not None:
            return Usage(self._told, estimated=False)
        sent = sum(estimated_tokens(message["content"]) for message in self._messages)
        return Usage(sent + estimated_tokens("".join(self._said)), estimated=True)

    def _require_success(self, status: int) -> None:
        if status != 200:
            self._refused = True
            raise ChatError(_REFUSALS.get(status, "server" if status >= 500 else "answer"))

    def _headers(self) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "Accept": "text/event-stream, application/json",
        }
        if self._server.key:
            headers["Authorization"] = f"Bearer {self._server.key}"
        return headers

    def _body(self) -> bytes:
        wanted = {
            "model": self._server.model,
            "messages": self._messages,
            "max_tokens": self._most_tokens,
            "temperature": 0.3,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        return json.dumps(wanted).encode()

    def _noted(self, contents: Iterator[str]) -> Iterator[str]:
        for content in filter(None, contents):
            self._said.append(content)
            yield _LINE_ENDS.sub("\n", _CONTROLS.sub("", content))

    def _contents(self, answer: StreamedAnswer) -> Iterator[str]:
        if answer.media_type == "application/json":
            body = _read(b"".join(answer.lines()))
            self._note(body)
            self._ended = True
            yield _content(body, "message")
            return
        if answer.media_type != "text/event-stream":
            raise ChatError("answer")
        yield from self._streamed(answer)

    def _streamed(self, answer: StreamedAnswer) -> Iterator[str]:
        for line in answer.lines():
            name, _colon, data = line.partition(b":")
            data = data.strip()
            if name != b"data":  # a comment, an event's name, or the end of an event
                continue
            if data == b"[DONE]":
                self._ended = True
                return
            chunk = _read(data)
            self._note(chunk)
            yield _content(chunk, "delta")

    def _note(self, chunk: dict[str, Any]) -> None:
        """Its usage, and whether it is the last one."""
        if chunk.get("error"):
            raise ChatError("server")
        usage = chunk.get("usage")
        if isinstance(usage, dict):
            total = usage.get("total_tokens")
            if isinstance(total, int) and not isinstance(total, bool) and 0 < total < _MOST_TOKENS:
                self._told = total
        reason = _choice(chunk).get("finish_reason")
        self._ended = self._ended or bool(reason)
        # By the most tokens that an answer may have.
        self._cut = self._cut or reason == "length"


def _read(data: bytes) -> dict[str, Any]:
    try:
        chunk = json.loads(data)
    except (ValueError, RecursionError):
        raise ChatError("answer") from None
    if not isinstance(chunk, dict):
        raise ChatError("answer")
    return chunk


def _choice(chunk: dict[str, Any]) -> dict[str, Any]:
    """The first; the chunk with the usage has none."""
    choices = chunk.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, dict) else {}


def _content(chunk: dict[str, Any], part: str) -> str:
    said = _choice(chunk).get(part)
    content = said.get("content") if isinstance(said, dict) else None
    return content if isinstance(content, str) else ""
