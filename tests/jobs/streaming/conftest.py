"""The process of streams without a queue server, and those who read there."""

from collections.abc import Callable, Iterator

import pytest

from jobs.streaming import connection
from tests.stream_readers import Crowd, Reader
from tests.stream_server import Serving, serving


@pytest.fixture
def server() -> Iterator[Serving]:
    with serving() as made:
        yield made


@pytest.fixture
def connect(server: Serving) -> Iterator[Callable[[], Reader]]:
    readers: list[Reader] = []

    def connected() -> Reader:
        readers.append(Reader(server.address))
        return readers[-1]

    yield connected
    for reader in readers:
        reader.close()


@pytest.fixture
def crowd(server: Serving) -> Iterator[Crowd]:
    made = Crowd(server.address)
    yield made
    made.close()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has longer than a moment for the head of a request."""
    monkeypatch.setattr(connection, "HEAD_SECONDS", 0.05)
