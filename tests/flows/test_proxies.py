"""Lodge behind nginx and Caddy as the deploy guide prints them."""

import os
import select
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from http.client import HTTPResponse
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask

from portal.live_events.changes import Change
from portal.services.tickets.attachments import Upload
from portal.storage import Storage
from tests import factories
from tests.cast import Cast
from tests.conftest import MakeApp
from tests.flows.proxies import HOST, Proxy, proxy
from tests.jobs.test_gunicorn import GUNICORN
from tests.page import Visitor
from tests.running import Running, end
from tests.servers import short_folder
from tests.slow_clients import Target, drip_for, status_of, stop_midway
from tests.stream_readers import signed
from tests.stream_server import serving
from tests.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.slow
# What is asked here has nothing to do with the kind of database.
once = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

MEGABYTE = 1024 * 1024
AtBoth = Callable[[Callable[[Target], None]], None]
THREADS = 8
MORE_THAN_THREADS = THREADS + 8
URL = {"BASE_URL": f"https://{HOST}", "TRUSTED_PROXIES": "1"}
LINK = "/auth/reset/planted.Link-Token-abcdefghijklmnop"


@pytest.fixture(scope="module")
def upstream(lodge: object, settings: dict[str, str], data_dir: Path) -> Iterator[Path]:
    """Where one process of Lodge answers, which waits for a tenth of what it usually does."""
    given = {key: value for key, value in settings.items() if key != "DATA_DIR"}
    given |= {
        **URL,
        "WEB_WORKERS": "1",
        "WEB_THREADS": str(THREADS),
        "WEB_STREAMS": "0",
        "LODGE_DEADLINES": "0.1",
    }
    with short_folder("web") as folder:
        path = folder / "web.sock"
        started = Running(data_dir, GUNICORN, LISTEN=f"unix:{path}", **given)
        try:
            wait_for(lambda: answers(path), "answering")
            yield path
        finally:
            end(started)


def answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as connection, suppress(OSError):
        connection.settimeout(PATIENCE)
        connection.connect(str(path))
        connection.sendall(b"GET /health HTTP/1.0\r\n\r\n")
        return status_of(connection) == 200
    return False


@pytest.fixture(scope="module")
def proxies(upstream: Path) -> Iterator[list[Proxy]]:
    with proxy("nginx", upstream) as nginx, proxy("caddy", upstream) as caddy:
        yield [nginx, caddy]


@pytest.fixture
def people(app: Flask, another_app: MakeApp) -> Flask:
    """The same application under the proxy's name, for cookies."""
    return another_app(**URL, TRUSTED_HOSTS="localhost")


@pytest.fixture
def at_both(proxies: list[Proxy], people: Flask, cast: Cast) -> Iterator[AtBoth]:
    """`at_both(question)` asks each proxy with Ann's cookie, at the same time: most of it waits."""
    ann = Visitor(people).sign_in(cast.ann)
    with ExitStack() as stack:

        def target(front: Proxy) -> Target:
            return Target(lambda: stack.enter_context(front.connect()), HOST).signed_in_as(ann)

        def ask(question: Callable[[Target], None]) -> None:
            with ThreadPoolExecutor(len(proxies)) as pool:
                list(pool.map(question, map(target, proxies)))

        yield ask


@pytest.fixture
def download(app: Flask, cast: Cast) -> str:
    """Where Ann finds a file of 20 MB."""
    storage: Storage = app.extensions["lodge.storage"]
    stored = storage.put(BytesIO(bytes(20 * MEGABYTE)), limit=20 * MEGABYTE)
    kind = "application/octet-stream"
    upload = Upload(stored.key, "big.bin", kind, stored.size, stored.sha256)
    number = factories.file_ticket(app, cast.ann, uploads=[upload]).number
    return f"/tickets/{number}/attachments/1"


@once
@pytest.mark.threat("slow clients")
def test_who_stops_midway_keeps_nobody_waiting(at_both: AtBoth) -> None:
    def ask(target: Target) -> None:
        stopped = stop_midway(target, MORE_THAN_THREADS, seed=1)
        assert target.answers()
        # Some of them reached Lodge, and its threads did not wait for them to the end.
        wait_for(lambda: target.status(target.upload(200_000)) == 303, "room for an upload")
        assert len(stopped) == MORE_THAN_THREADS

    at_both(ask)


@once
@pytest.mark.threat("slow clients")
def test_who_drips_keeps_nobody_waiting(at_both: AtBoth) -> None:
    def ask(target: Target) -> None:
        # Half as long again as Lodge waits here for a part of a body.
        drip_for(3, target, MORE_THAN_THREADS, seed=2)
        wait_for(lambda: target.status(target.upload(200_000)) == 303, "room for an upload")

    at_both(ask)


@once
@pytest.mark.threat("slow clients")
def test_who_reads_no_download_keeps_nobody_waiting(at_both: AtBoth, download: str) -> None:
    def ask(target: Target) -> None:
        for _ in range(MORE_THAN_THREADS):
            target.connect().sendall(target.head(f"GET {download}"))
        assert target.answers()

    at_both(ask)


@once
@pytest.mark.threat("slow clients")
def test_an_upload_at_200_kb_a_second_arrives(at_both: AtBoth) -> None:
    # For longer than Lodge waits here for a part of a body. SLOW_UPLOAD_MB=20 sends as much as the
    # largest file that is taken, for 105 seconds.
    size = int(float(os.environ.get("SLOW_UPLOAD_MB", "0.6")) * MEGABYTE)

    def ask(target: Target) -> None:
        request, connection = target.upload(size), target.connect()
        for start in range(0, len(request), 20_000):
            connection.sendall(request[start : start + 20_000])
            time.sleep(0.1)
        assert status_of(connection) == 303

    at_both(ask)


def answer_to(target: Target, head: bytes) -> tuple[int, str, str]:
    """The answer to a body of 60 MB, of which is sent what the server takes until it answers."""
    connection = target.connect()
    connection.sendall(head)
    with suppress(OSError):
        for _ in range(60 * 16):
            if select.select([connection], [], [], 0)[0]:
                break
            connection.sendall(b"x" * (MEGABYTE // 16))
    response = HTTPResponse(connection)
    response.begin()
    kind = response.headers["Content-Type"].partition(";")[0]
    return response.status, kind, response.read().decode()


@once
def test_what_is_too_large_is_said_by_lodge_itself(at_both: AtBoth) -> None:
    size = f"Content-Length: {60 * MEGABYTE}"
    form = "POST /tickets/new", "Content-Type: multipart/form-data; boundary=x", size
    program = "POST /api/v1/auth/login", "Content-Type: application/json", size

    def ask(target: Target) -> None:
        status, kind, text = answer_to(target, target.head(*form))
        assert (status, kind) == (413, "text/html")
        assert "That is too large" in text
        status, kind, text = answer_to(target, target.head(*program))
        assert (status, kind) == (413, "application/problem+json")
        assert '"too_large"' in text

    at_both(ask)


@pytest.mark.threat("secrets in logs")
@pytest.mark.parametrize("name", ["nginx", "caddy"])
def test_a_mailed_link_is_in_no_log_while_lodge_is_away(name: str, tmp_path: Path) -> None:
    with proxy(name, tmp_path / "nobody.sock") as started:
        target = Target(started.connect, HOST)
        assert target.status(target.head(f"GET {LINK}")) == 502
        assert target.status(target.head("GET /tickets/elsewhere")) == 502
        assert target.status(target.head(f"GET /streams/{LINK.rpartition('/')[2]}")) == 502
        wait_for(lambda: "/tickets/elsewhere" in started.logs(), "written down")
        assert LINK.rpartition("/")[2] not in started.logs()


@pytest.mark.parametrize("name", ["nginx", "caddy"])
def test_what_a_page_is_told_passes_at_once(name: str, tmp_path: Path) -> None:
    with serving() as process:
        host, port = process.address
        with proxy(name, tmp_path / "nobody.sock", f"{host}:{port}") as started:
            target = Target(started.connect, HOST)
            with target.connect() as connection:
                connection.sendall(target.head(f"GET /streams/{signed('a')}"))
                heard = connection.recv(4096)
                while b"event: pause" not in heard:
                    heard += connection.recv(4096)
                assert heard.startswith(b"HTTP/1.1 200 ")
                process.call(process.streams.hear, Change(time.time(), "-", ("a",)))
                assert b"data: 30" in connection.recv(4096)
