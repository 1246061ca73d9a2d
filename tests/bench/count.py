"""Queries and bytes of each response, counted in this process."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import Flask

from tests.bench import pages
from tests.statements import statements


@dataclass(frozen=True)
class Counted:
    """`sent` is what goes over the line to a browser that takes gzip."""

    queries: int
    size: int
    sent: int


class Requests:
    """Sends the same request again and again, in this process."""

    def __init__(self, app: Flask, ask: pages.Ask, keys: pages.Keys) -> None:
        self._client = app.test_client()
        self._ask = ask
        self._headers, self._body = pages.prepare(ask, self._send, keys)

    def ask(self) -> tuple[int, str]:
        """Status and body."""
        return self._send(self._ask.method, self._ask.path, self._body, self._headers)

    def packed(self) -> int:
        """The size of the gzipped body."""
        headers = {**self._headers, "Accept-Encoding": "gzip"}
        answer = self._client.open(
            self._ask.path, method=self._ask.method, data=self._body or None, headers=headers
        )
        return len(answer.data)

    def _send(
        self, method: str, path: str, body: str, headers: Mapping[str, str]
    ) -> tuple[int, str]:
        answer = self._client.open(path, method=method, data=body or None, headers=headers)
        return answer.status_code, answer.text


def count(app: Flask, asked: list[pages.Ask], keys: pages.Keys) -> dict[str, Counted]:
    """Name → figures. Also proves that each answer is the one that is meant."""
    with statements(app) as seen:
        return {ask.name: _count(app, ask, keys, seen) for ask in asked}


def _count(app: Flask, ask: pages.Ask, keys: pages.Keys, seen: list[str]) -> Counted:
    requests = Requests(app, ask, keys)
    requests.ask()  # so that what is cached is there
    seen.clear()
    status, answer = requests.ask()
    queries = len(seen)
    pages.check(ask, status, answer)
    return Counted(queries, len(answer.encode()), requests.packed())
