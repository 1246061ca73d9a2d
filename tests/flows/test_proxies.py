"""Lodge behind nginx and Caddy as the deploy guide prints them."""

import os
import select
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from http.client import HTTPResponse
from io import BytesIO
from pathlib import Path

import pytest
from flask import Flask

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
from tests.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.slow
# What is asked here has nothing to do with the kind of database.
once = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

MEGABYTE = 1024 * 1024
THREADS = 8
MORE_THAN_THREADS = THREADS + 8
URL = {"BASE_URL": f"https://{HOST}", "TRUSTED_PROXIES": "1"}
LINK = "/auth/reset/planted.Link-Token-abcdefghijklmnop"


@pytest.fixture(scope="module")
def upstream(lodge: object, settings: dict[str, str], data_dir: Path) -> Iterator[Path]:
    """Where one process of Lodge answers, which waits for a tenth of what it usually does."""
    given = {key: value for key, value in settings.items() if key != "DATA_DIR"}
    given |= {**URL, "WEB_WORKERS": "1", "WEB_THREADS": str(THREADS), "LODGE_DEADLINES": "0.1"}
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


@pytest.fixture(scope="module", params=["nginx", "caddy"])
def front(request: pytest.FixtureRequest, upstream: Path) -> Iterator[Proxy]:
    with proxy(request.param, upstream) as started:
        yield started


@pytest.fixture
def people(app: Flask, another_app: MakeApp) -> Flask:
    """The same application under the proxy's name, for cookies."""
    return another_app(**URL, TRUSTED_HOSTS="localhost")


@pytest.fixture
def anns(front: Proxy, people: Flask, cast: Cast) -> Iterator[Target]:
    """The proxy's door, with Ann's cookie."""
    with ExitStack() as stack:
        target = Target(lambda: stack.enter_context(front.connect()), HOST)
        yield target.signed_in_as(Visitor(people).sign_in(cast.ann))


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
def test_who_stops_midway_keeps_nobody_waiting(anns: Target) -> None:
    stopped = stop_midway(anns, MORE_THAN_THREADS, seed=1)
    assert anns.answers()
    # Some of them reached Lodge, and its threads did not wait for them to the end.
    wait_for(lambda: anns.status(anns.upload(200_000)) == 303, "room for an upload")
    assert len(stopped) == MORE_THAN_THREADS


@once
@pytest.mark.threat("slow clients")
def test_who_drips_keeps_nobody_waiting(anns: Target) -> None:
    # Half as long again as Lodge waits here for a part of a body.
    drip_for(3, anns, MORE_THAN_THREADS, seed=2)
    wait_for(lambda: anns.status(anns.upload(200_000)) == 303, "room for an upload")


@once
@pytest.mark.threat("slow clients")
def test_who_reads_no_download_keeps_nobody_waiting(anns: Target, download: str) -> None:
    for _ in range(MORE_THAN_THREADS):
        anns.connect().sendall(anns.head(f"GET {download}"))
    assert anns.answers()


@once
@pytest.mark.threat("slow clients")
def test_an_upload_at_200_kb_a_second_arrives(anns: Target) -> None:
    # For longer than Lodge waits here for a part of a body. SLOW_UPLOAD_MB=20 sends as much as the
    # largest file that is taken, for 105 seconds.
    size = int(float(os.environ.get("SLOW_UPLOAD_MB", "0.6")) * MEGABYTE)
    request, connection = anns.upload(size), anns.connect()
    for start in range(0, len(request), 20_000):
        connection.sendall(request[start : start + 20_000])
        time.sleep(0.1)
    assert status_of(connection) == 303


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
def test_what_is_too_large_is_said_by_lodge_itself(anns: Target) -> None:
    size = f"Content-Length: {60 * MEGABYTE}"
    form = anns.head("POST /tickets/new", "Content-Type: multipart/form-data; boundary=x", size)
    status, kind, text = answer_to(anns, form)
    assert (status, kind) == (413, "text/html")
    assert "That is too large" in text
    program = anns.head("POST /api/v1/auth/login", "Content-Type: application/json", size)
    status, kind, text = answer_to(anns, program)
    assert (status, kind) == (413, "application/problem+json")
    assert '"too_large"' in text


@pytest.mark.threat("secrets in logs")
@pytest.mark.parametrize("name", ["nginx", "caddy"])
def test_a_mailed_link_is_in_no_log_while_lodge_is_away(name: str, tmp_path: Path) -> None:
    with proxy(name, tmp_path / "nobody.sock") as started:
        target = Target(started.connect, HOST)
        assert target.status(target.head(f"GET {LINK}")) == 502
        assert target.status(target.head("GET /tickets/elsewhere")) == 502
        wait_for(lambda: "/tickets/elsewhere" in started.logs(), "written down")
        assert LINK.rpartition("/")[2] not in started.logs()
