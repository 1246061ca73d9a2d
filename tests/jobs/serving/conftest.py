"""A web server of one process, which slow clients connect to."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cast import Cast
from tests.jobs.test_gunicorn import GUNICORN
from tests.page import Visitor
from tests.running import Running, end
from tests.servers import free_port, short_folder
from tests.slow_clients import Target
from tests.waiting import PATIENCE, wait_for

THREADS = 8


@dataclass(frozen=True)
class Served:
    """One process that is reached by two ways; it waits for a tenth of what it usually does."""

    running: Running
    socket: Path

    def connect(self, way: str) -> socket.socket:
        if way == "unix":
            opened = socket.socket(socket.AF_UNIX)
            opened.settimeout(PATIENCE)
            opened.connect(str(self.socket))
        else:
            opened = socket.create_connection(("127.0.0.1", self.running.port), PATIENCE)
        return opened

    def connections(self) -> int:
        """How many sockets the process holds."""
        [worker] = set(self.running.pids()) - {self.running.process.pid}
        held = 0
        for file in Path(f"/proc/{worker}/fd").iterdir():
            with suppress(OSError):  # it has been closed
                held += os.readlink(file).startswith("socket:")
        return held


@pytest.fixture(scope="package")
def served(lodge: object, settings: dict[str, str], data_dir: Path) -> Iterator[Served]:
    given = {key: value for key, value in settings.items() if key != "DATA_DIR"}
    given |= {
        "WEB_WORKERS": "1",
        "WEB_THREADS": str(THREADS),
        "WEB_STREAMS": "0",
        "LODGE_DEADLINES": "0.1",
    }
    with short_folder("web") as folder:
        path, port = folder / "web.sock", free_port()
        binds = f"--bind 127.0.0.1:{port} --bind unix:{path}"
        started = Running(data_dir, GUNICORN, PORT=str(port), GUNICORN_CMD_ARGS=binds, **given)
        try:
            wait_for(lambda: started.get("/health") == 200, "answering")
            yield Served(started, path)
        finally:
            end(started)


@pytest.fixture(params=["tcp", "unix"])
def target(served: Served, request: pytest.FixtureRequest) -> Iterator[Target]:
    """A stranger's."""
    with ExitStack() as stack:
        yield Target(lambda: stack.enter_context(served.connect(request.param)), "localhost")


@pytest.fixture
def anns(target: Target, cast: Cast, visit: Callable[[], Visitor]) -> Target:
    """The same, with Ann's cookie."""
    return target.signed_in_as(visit().sign_in(cast.ann))
