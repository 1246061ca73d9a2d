"""Two nodes that share database, queue and bucket, and nothing else, are one desk."""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse
from io import BytesIO
from typing import NamedTuple

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from portal.cli import migrations
from portal.cli.moving.read_only import read_only
from portal.extensions import begin_write, db
from portal.models.people import Actor
from portal.models.privacy import PrivacyRequest, PrivacyState
from portal.services.operations import settings as chosen
from tests import s3_server
from tests.cast import Cast, make_cast
from tests.conftest import MakeApp
from tests.flows.consistency import wait_until_delivered
from tests.flows.desk import Desk
from tests.flows.desk import desk as make_desk
from tests.flows.http_browser import CastBrowser
from tests.waiting import PATIENCE, wait_for

pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("database", ["postgresql"], indirect=True),
]
TRIES = 20  # that an address may fail


class Nodes(NamedTuple):
    """`app` looks at their database from a process of its own."""

    app: Flask
    cast: Cast
    one: Desk
    two: Desk


@pytest.fixture
def nodes(settings: dict[str, str], another_app: MakeApp, pooled: str) -> Iterator[Nodes]:
    with s3_server.s3_server("files") as buckets:
        own = {**s3_server.settings(buckets), "DATABASE_URL": pooled}
        app = another_app(**own)
        with app.app_context():
            migrations.upgrade(app)
        cast = make_cast(app)
        with (
            make_desk({**settings, **own}) as one,
            make_desk({**settings, **own}, beside=one) as two,
        ):
            one.open()
            two.open()
            yield Nodes(app, cast, one, two)


def at(node: Desk, person: Actor, known: CastBrowser | None = None) -> CastBrowser:
    """The browser of a person at that node; with `known` it has been signed in at the other."""
    if known is not None:
        return CastBrowser(person, node.port, cookies=known.cookies, token=known.token)
    browser = CastBrowser(person, node.port)
    browser.sign_in()
    return browser


@contextmanager
def listening(browser: CastBrowser, path: str) -> Iterator[HTTPResponse]:
    """An open page that is told of changes."""
    connection = HTTPConnection("127.0.0.1", browser.port, timeout=PATIENCE)
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    with closing(connection):
        connection.request("GET", path, headers={"Cookie": cookie})
        with connection.getresponse() as answer:
            assert answer.status == 200
            assert answer.readline() == b": open\n"
            yield answer


def told_of_a_change(answer: HTTPResponse) -> bool:
    return any(line.startswith(b"data: ") for line in iter(answer.readline, b""))


def failures(*nodes: Desk) -> list[int]:
    """What guesses are answered, made at one node and the other in turn."""
    guesser = CastBrowser(None, 0)  # type: ignore[arg-type] # nobody
    found = []
    for number in range(TRIES + len(nodes)):
        guesser.port = nodes[number % len(nodes)].port
        guesser.read_token("/auth/login")
        fields = {"email": f"nobody{number}@example.com", "password": "hunter2 hunter2"}
        found.append(guesser.post("/auth/login", fields).status)
    return found


def count(node: Desk) -> float:
    """How many sign-ins its web server has answered, as it says itself."""
    connection = HTTPConnection("127.0.0.1", node.port, timeout=PATIENCE)
    with closing(connection):
        connection.request("GET", "/metrics", headers={"Host": "localhost"})
        text = connection.getresponse().read().decode()
    pattern = r'^lodge_http_requests_total\{method="POST",route="/auth/login",status="422"\} (\S+)$'
    found = re.search(pattern, text, re.M)
    return float(found[1]) if found else 0.0


def test_two_nodes_are_one_desk(nodes: Nodes) -> None:
    """Each line of the table in docs/scale.md, behind PgBouncer."""
    work(nodes)
    stop_and_go_on(nodes)
    guess(nodes)


def work(nodes: Nodes) -> None:
    app, cast, one, two = nodes
    ann, sam = at(one, cast.ann), at(two, cast.sam)
    # Who is open at one node hears of what is done at the other.
    file = FileStorage(BytesIO(b"\x00attached"), "photo.bin")
    ticket = {"subject": "Cold", "message": "It is.", "priority": "low", "attachments": file}
    with listening(sam, "/tickets/queue/live") as stream:
        filed = ann.post("/tickets/new", ticket)
        assert filed.status == 303, filed.text
        assert told_of_a_change(stream)
    # Sessions and files are those of both.
    same = at(two, cast.ann, ann)
    assert "Cold" in same.get("/tickets/REQ000001").text
    assert same.get("/tickets/REQ000001/attachments/1").body == b"\x00attached"
    answered = sam.post("/tickets/REQ000001/comments", {"message": "On our way.", "version": "1"})
    assert answered.status == 303, answered.text
    # Whichever worker writes it: both nodes have the export.
    assert ann.post("/account/privacy/exports", {}).status == 303
    wait_for(lambda: state_of_export(app) == PrivacyState.READY, "a finished export")
    for browser in (ann, same):
        assert browser.get("/account/privacy/exports/1").body.startswith(b"PK")
    # What an administrator chooses holds in the next request of every process.
    with app.app_context():
        begin_write()
        chosen.change(actor=cast.ada, texts={"PRODUCT_NAME": "Birch"}, seen="")
        db.session.commit()
    assert all("Birch" in browser.get("/tickets/").text for browser in (ann, same) for _ in "ab")
    wait_until_delivered(app, one)
    ids = one.mail.sink.ids
    assert len(ids) == len(set(ids)) > 0
    assert same.post("/auth/logout", {}).status == 303
    assert ann.get("/account/").status in {302, 303}


def guess(nodes: Nodes) -> None:
    """Limits count at both, metrics at each."""
    assert failures(nodes.one, nodes.two) == [422] * TRIES + [429] * 2
    assert [count(node) for node in (nodes.one, nodes.two)] == [TRIES / 2] * 2


def stop_and_go_on(nodes: Nodes) -> None:
    """Read-only holds at both, in the next request."""
    app, cast, one, two = nodes
    browsers = [at(one, cast.ann), at(two, cast.bob)]
    done = app.test_cli_runner().invoke(read_only, ["on"])
    assert done.exit_code == 0, done.output
    for browser in browsers:
        assert "This desk is being moved." in browser.get("/tickets/").text
        refused = browser.post("/tickets/new", {"subject": "Cold", "message": "It is."})
        assert (refused.status, "It is." in refused.text) == (503, True)
    assert app.test_cli_runner().invoke(read_only, ["off"]).exit_code == 0
    for browser in browsers:
        assert browser.post("/tickets/new", {"subject": "Cold", "message": "It is."}).status == 303


def state_of_export(app: Flask) -> str:
    with app.app_context():
        return db.session.scalars(select(PrivacyRequest.state)).one()
