"""Requests to a marketplace: JSON both ways, with a deadline, and every failure by its kind."""

import json
import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.integrations.shop import Asked, Problem, ShopBusy, ShopError
from portal.security.delivery import outbound
from portal.security.delivery.outbound import Answer, OutboundError

_SECONDS = 20.0
# For all questions of a page, or of a trial of the keys, at which somebody waits.
PAGE_SECONDS, CHECK_SECONDS = 60.0, 15.0
# A page of a thousand products takes up to 5 MB.
_MOST = 16 * 1024 * 1024
_MAX_DETAIL = 200
_USUAL_WAIT = 30.0
_LONGEST_WAIT = 3600.0
# Printable ASCII without spaces: whatever else would be refused by our own client, with the key in
# its message.
_KEY = re.compile(r"[\x21-\x7e]{1,4096}", re.ASCII)


def require_key(text: str) -> str:
    """`text` as it may stand in a header. Raises ShopError."""
    if not _KEY.fullmatch(text):
        raise ShopError(Problem.UNREADABLE)
    return text


@dataclass(slots=True)
class Asker:
    """`keys` are the headers that nobody may see; `wait_headers` say how long to wait after 429."""

    keys: Mapping[str, str] = field(repr=False)
    wait_headers: tuple[str, ...] = ("retry-after",)
    _ends: float = math.inf

    def begin(self, seconds: float) -> None:
        """All that is asked from now on has to be answered within so many seconds."""
        self._ends = time.monotonic() + seconds

    def get(self, url: str, asked: Asked) -> Any:
        """Raises ShopError, ShopBusy."""
        return self._ask("GET", url, None, asked)

    def post(self, url: str, body: object, asked: Asked) -> Any:
        """Raises ShopError, ShopBusy."""
        return self._ask("POST", url, json.dumps(body).encode(), asked)

    def _ask(self, method: str, url: str, body: bytes | None, asked: Asked) -> Any:
        within = min(_SECONDS, self._ends - time.monotonic())
        if within <= 0:
            raise ShopError(Problem.TIMEOUT, "", asked)
        headers = {"Content-Type": "application/json", "Accept": "application/json", **self.keys}
        try:
            answer = outbound.fetch(method, url, headers, body, within=within, most=_MOST)
        except OutboundError as error:
            raise ShopError(_OF_OUTBOUND.get(error.code, Problem.ANSWER), "", asked) from None
        if answer.status == 429:
            raise ShopBusy(self._wait(answer))
        if answer.status == 200:
            return _json(answer, asked)
        raise ShopError(_problem(answer.status), self.detail(answer), asked)

    def detail(self, answer: Answer) -> str:
        """Its status, and what it says in words of its own."""
        try:
            said = json.loads(answer.body)
        except (ValueError, RecursionError):
            said = None
        return self.without_keys(f"HTTP {answer.status} {words_of(said)}".strip())

    def without_keys(self, text: str) -> str:
        """`text`, short, on one line, and without our keys, should it repeat them."""
        for key in self.keys.values():
            text = text.replace(key, "…")
        printable = "".join(c if c.isprintable() else " " for c in text)
        return " ".join(printable.split())[:_MAX_DETAIL]

    def _wait(self, answer: Answer) -> float:
        """Seconds, as its headers say them."""
        for name in self.wait_headers:
            try:
                seconds = float(answer.headers.get(name, ""))
            except ValueError:
                continue
            if math.isfinite(seconds) and seconds >= 0:
                return min(max(seconds, 1.0), _LONGEST_WAIT)
        return _USUAL_WAIT


def words_of(said: object) -> str:
    """What an answer gives as its reason; empty for none."""
    if not isinstance(said, dict):
        return ""
    for name in ("errorText", "detail", "message", "title", "code", "error"):
        if isinstance(word := said.get(name), str) and word.strip():
            return word
    return ""


_OF_OUTBOUND = {
    "unreachable": Problem.UNREACHABLE,
    "url": Problem.UNREACHABLE,
    "timeout": Problem.TIMEOUT,
    "tls": Problem.TLS,
}


def _problem(status: int) -> Problem:
    if status in {401, 403}:
        return Problem.REFUSED
    if status >= 500:
        return Problem.SERVER
    return Problem.SHOP if 400 <= status < 500 else Problem.ANSWER


def _json(answer: Answer, asked: Asked) -> Any:
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        kind = answer.headers.get("content-type", "").partition(";")[0][:60]
        raise ShopError(Problem.ANSWER, f"no JSON, but {kind or 'nothing known'}", asked) from None
