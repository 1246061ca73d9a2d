"""The program as it is started and ended."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from jobs import streams
from jobs.streaming import program
from portal.errors import ConfigError
from portal.live_events import LIVE_CHANNEL, PROCESSES_KEY
from tests.bare_app import ENVIRONMENT
from tests.flows.process import ForkedProcess
from tests.servers import free_port, short_folder
from tests.stream_readers import Crowd, signed
from tests.waiting import wait_for


@pytest.fixture
def folder() -> Iterator[Path]:
    with short_folder("streams") as made:
        yield made


@pytest.mark.slow
def test_it_tells_two_hundred_pages_and_ends_when_it_is_told_to(
    folder: Path, queue_url: str, queue: Redis
) -> None:
    path = folder / "streams.sock"
    own = {"DATA_DIR": str(folder), "REDIS_URL": queue_url, "STREAMS_LISTEN": f"unix:{path}"}
    process = ForkedProcess(streams.main, folder / "log", {**ENVIRONMENT, **own})
    process.start()
    crowd = Crowd(str(path))
    try:
        queue.delete(PROCESSES_KEY)
        wait_for(lambda: queue.hlen(PROCESSES_KEY) == 1, "there")
        crowd.open(signed("all", reader=n, session=f"s{n}") for n in range(200))
        queue.publish(LIVE_CHANNEL, "- all")
        crowd.until(lambda reader: b"data: 5000\n\n" in reader.heard)
        os.kill(process.pid, signal.SIGTERM)
        crowd.until(lambda reader: reader.is_over)
        wait_for(lambda: not process.alive, "over")
        assert not path.exists()
        assert process.said == ""
    finally:
        crowd.close()
        process.kill()
        sys.stderr.write((folder / "log").read_text())


def test_where_it_listens_is_what_the_setting_says(folder: Path) -> None:
    port = free_port()
    for where in (f"127.0.0.1:{port}", f"[::1]:{port}", f"unix:{folder}/streams.sock"):
        with program.listening(where) as listener:
            listener.listen()
            assert str(listener.getsockname()) not in {"", "()"}
            with program.listening(f"fd://{os.dup(listener.fileno())}") as handed:
                assert handed.getsockname() == listener.getsockname()


def test_without_a_place_it_says_so_in_one_line() -> None:
    with pytest.raises(ConfigError, match="STREAMS_LISTEN names nothing"), program.listening(None):
        pass


def test_it_takes_as_many_streams_as_it_may_have_files(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    limits = [(1024, 1024)]
    monkeypatch.setattr(program.resource, "getrlimit", lambda _: limits[-1])
    monkeypatch.setattr(program.resource, "setrlimit", lambda _, pair: limits.append(pair))
    assert program.most_streams() == 1024 - 256
    assert "LimitNOFILE" in caplog.text
    limits[:] = [(1024, 1_000_000)]
    assert program.most_streams() == 20_000
