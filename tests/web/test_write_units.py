"""While somebody writes, others wait: nothing that takes long is done in a write unit."""

import secrets
from collections.abc import Callable, Iterator
from io import BytesIO
from string import ascii_lowercase

import pytest
from flask import Flask, before_render_template
from redis.connection import AbstractConnection
from sqlalchemy import event, update

from portal import markdown
from portal.extensions import db
from portal.models.people import User
from portal.security.people import passwords
from portal.storage import Folder
from portal.text_analysis import stemming
from tests import factories
from tests.api.api_client import ApiClient, token_of
from tests.cast import Cast
from tests.databases import BOTH
from tests.page import Visitor

pytestmark = BOTH

# Each of these waits for a disk or another server, or is heavy work.
_SLOW = (
    (markdown, "render"),
    (stemming, "_stemmer"),
    (passwords, "hash_password"),
    (passwords, "verify"),
    (Folder, "put"),
    (AbstractConnection, "send_packed_command"),
)
_SIGNATURE = "Sam of *the desk*"


@pytest.fixture
def slow(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[str, bool]]]:
    """What took long, and whether a write unit was open then."""
    seen: list[tuple[str, bool]] = []
    writing = False

    def begin(connection):  # type: ignore[no-untyped-def]
        nonlocal writing
        writing = writing or bool(connection.get_execution_options().get("lodge_write"))

    def end(_connection):  # type: ignore[no-untyped-def]
        nonlocal writing
        writing = False

    def watched(name: str, function: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **options: object) -> object:
            seen.append((name, writing))
            return function(*args, **options)

        return call

    for owner, name in _SLOW:
        monkeypatch.setattr(owner, name, watched(name, getattr(owner, name)))
    with app.app_context():
        engine = db.engine
    listeners = {"begin": begin, "commit": end, "rollback": end}
    for name, listener in listeners.items():
        event.listen(engine, name, listener)
    note = watched("a page", lambda *_args, **_options: None)
    with before_render_template.connected_to(note, app):
        yield seen
    for name, listener in listeners.items():
        event.remove(engine, name, listener)


def long(words: str) -> str:
    """A text that was rendered by no test before, with words that nobody has used."""
    new = "".join(secrets.choice(ascii_lowercase) for _ in range(12))
    return f"{words} of the {new}lings"


@pytest.fixture
def number(app: Flask, cast: Cast) -> str:
    with factories.writing(app):
        db.session.execute(update(User).where(User.id == cast.sam.id).values(signature=_SIGNATURE))
    return factories.file_ticket(app, cast.ann).number


def test_writing_on_the_pages(
    cast: Cast, number: str, visit: Callable[[], Visitor], slow: list[tuple[str, bool]]
) -> None:
    ann, sam = visit().sign_in(cast.ann), visit().sign_in(cast.sam)
    fields = {"subject": long("Cellar"), "message": long("Water"), "priority": "high"}
    ann.post("/tickets/new", {**fields, "attachments": (BytesIO(b"wet"), "cellar.txt")})
    ann.post(f"/tickets/{number}/comments", {"message": long("Rising")})
    sam.post(f"/tickets/{number}/comments", {"message": long("Pumping")})
    sam.post(f"/tickets/{number}/comments", {"message": long("Noted"), "internal": "1"})
    assert {"render", "_stemmer", "put", "send_packed_command"} <= {name for name, _ in slow}
    assert [name for name, writing in slow if writing] == []


def test_writing_through_the_api(
    app: Flask, cast: Cast, number: str, slow: list[tuple[str, bool]]
) -> None:
    ann, sam = ApiClient(app, token_of(app, cast.ann)), ApiClient(app, token_of(app, cast.sam))
    ann.post("/tickets", {"subject": "Attic", "message": long("Attic")}, 201)
    ann.post(f"/tickets/{number}/comments", {"message": long("Roof")}, 201)
    sam.post(f"/tickets/{number}/comments", {"message": long("Ladder")}, 201)
    sam.post(f"/tickets/{number}/comments", {"message": long("Nails"), "internal": True}, 201)
    assert [name for name, writing in slow if writing] == []


def test_who_is_refused_lets_the_others_write_before_being_told(
    app: Flask,
    cast: Cast,
    number: str,
    visit: Callable[[], Visitor],
    slow: list[tuple[str, bool]],
) -> None:
    api_client, sam = ApiClient(app, token_of(app, cast.sam)), visit().sign_in(cast.sam)
    stale = {"If-Match": '"999"'}
    assert api_client.ask("PATCH", f"/tickets/{number}", json={}, headers=stale).status == 412
    sam.post(f"/tickets/{number}/assignment", {"assignee": "nobody-of-ours"}, 422)
    sam.post("/tickets/REQ999999/status", {"status": "solved"}, 404)
    assert {"a page", "send_packed_command"} <= {name for name, _ in slow}
    assert [name for name, writing in slow if writing] == []
