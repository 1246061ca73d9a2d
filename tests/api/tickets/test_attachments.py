"""Files by the API: up, listed, down, and never anything but data."""

import io
from typing import Any

import pytest
from flask import Flask

from tests import factories
from tests.api.api_client import ApiClient, Reply
from tests.api.conftest import Call
from tests.cast import Cast
from tests.factories import Filed

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


# Written out: Werkzeug's client leaves a large form's temporary file open.
HUGE: dict[str, Any] = {
    "data": b"--x\r\nContent-Disposition: form-data; name=attachments; filename=a\r\n\r\n"
    + b"x" * (2 * 1024 * 1024)
    + b"\r\n--x--\r\n",
    "content_type": "multipart/form-data; boundary=x",
}


FORM: dict[str, Any] = {"content_type": "multipart/form-data"}


@pytest.fixture
def ticket(app: Flask, cast: Cast) -> Filed:
    """Bob's."""
    return factories.file_ticket(app, cast.bob)


def path(ticket: Filed) -> str:
    return f"/tickets/{ticket.number}/attachments"


def upload(
    api_client: ApiClient,
    ticket: Filed,
    *files: tuple[bytes, str],
    status: int = 201,
    **fields: Any,
) -> Reply:
    parts = [(io.BytesIO(content), name) for content, name in files]
    data = {"attachments": parts, **fields}
    kind = "multipart/form-data"
    return api_client.call("POST", path(ticket), status, data=data, content_type=kind)


@pytest.mark.threat("files that run")
def test_files_come_up_and_down_as_they_are(call: Call, cast: Cast, ticket: Filed) -> None:
    bob = call(cast.bob)
    added = upload(bob, ticket, (PNG, "фото.png"), (b"plain", "notes.txt")).json["items"]
    assert [(f["filename"], f["content_type"], f["size"]) for f in added] == [
        ("фото.png", "image/png", 28),
        ("notes.txt", "application/octet-stream", 5),
    ]
    assert bob.get(path(ticket)).json == {"items": added, "next": None}
    for file, content in zip(added, (PNG, b"plain"), strict=True):
        reply = call(cast.sam).get(f"/attachments/{file['id']}")
        assert reply.body == content
        assert reply.headers["Content-Disposition"].startswith("attachment;")
        assert "sandbox" in reply.headers["Content-Security-Policy"]
    comment = bob.get(f"/tickets/{ticket.number}/comments").json["items"][-1]
    assert comment["attachments"] == added
    assert comment["message"] == "фото.png, notes.txt"


def test_something_can_be_said_with_them(call: Call, cast: Cast, ticket: Filed) -> None:
    upload(call(cast.bob), ticket, (b"x", "a.txt"), message="See here.")
    comments = call(cast.sam).get(f"/tickets/{ticket.number}/comments").json["items"]
    assert comments[-1]["message"] == "See here."


@pytest.mark.threat("notes and secrets shown")
def test_files_on_internal_notes_are_among_staff(call: Call, cast: Cast, ticket: Filed) -> None:
    (file,) = upload(call(cast.sam), ticket, (b"x", "a.txt"), internal="true").json["items"]
    call(cast.sue).get(f"/attachments/{file['id']}")
    bob = call(cast.bob)
    bob.get(f"/attachments/{file['id']}", 404)
    assert bob.get(path(ticket)).json["items"] == []
    upload(bob, ticket, (b"x", "a.txt"), internal="true", status=403)


@pytest.mark.threat("foreign rows")
def test_foreign_files_are_as_unknown_as_none(call: Call, cast: Cast, ticket: Filed) -> None:
    (file,) = upload(call(cast.bob), ticket, (b"x", "a.txt")).json["items"]
    stranger = call(cast.carl)
    for number in (file["id"], 999_999, 2**63 - 1):
        stranger.get(f"/attachments/{number}", 404)
    for nothing in (0, 2**63, "x", -1):
        stranger.get(f"/attachments/{nothing}", 404)
    upload(stranger, ticket, (b"x", "a.txt"), status=404)


def test_files_in_the_trash_are_gone(call: Call, cast: Cast, ticket: Filed) -> None:
    (file,) = upload(call(cast.bob), ticket, (b"x", "a.txt")).json["items"]
    call(cast.sam).delete(f"/tickets/{ticket.number}", headers={"If-Match": "*"})
    call(cast.sam).get(f"/attachments/{file['id']}", 404)


@pytest.mark.threat("names of files")
def test_names_are_data_and_never_paths(call: Call, cast: Cast, ticket: Filed) -> None:
    names = ["../../etc/passwd", "a\\b.txt", "x\u202egpj.exe", "", " "]
    for name in names[:3]:
        (file,) = upload(call(cast.bob), ticket, (b"x", name)).json["items"]
        assert not set("/\\\u202e") & set(file["filename"])


def test_what_is_no_upload_is_refused(call: Call, cast: Cast, ticket: Filed) -> None:
    bob = call(cast.bob)
    assert upload(bob, ticket, status=422).errors == {"attachments": ["required"]}
    assert bob.post(path(ticket), {"attachments": "x"}, 415).code == "wrong_content_type"
    reply = upload(bob, ticket, (b"x", "a.txt"), internal="perhaps", status=422)
    assert reply.errors == {"internal": ["unknown"]}
    reply = upload(bob, ticket, (b"x", "a.txt"), author="USR000006", status=422)
    assert reply.errors == {"author": ["unknown_field"]}
    reply = upload(bob, ticket, (b"x", "a.txt"), other=(io.BytesIO(b"x"), "b.txt"), status=422)
    assert reply.errors == {"other": ["unknown_field"]}
    reply = upload(bob, ticket, (b"x", "a.txt"), message=["One", "Two"], status=422)
    assert reply.errors == {"message": ["repeated"]}
    reply = bob.call("POST", path(ticket), 422, data={"attachments": "text"}, **FORM)
    assert reply.errors == {"attachments.0": ["type"]}


@pytest.mark.threat("floods")
def test_too_many_and_too_large_are_refused(
    app: Flask, call: Call, cast: Cast, ticket: Filed, monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = call(cast.bob)
    assert upload(bob, ticket, *[(b"x", "a.txt")] * 11, status=413).code == "too_large"
    monkeypatch.setitem(app.config, "ATTACHMENT_BYTES", 10)
    assert upload(bob, ticket, (b"x" * 11, "a.txt"), status=413).code == "too_large"
    monkeypatch.setitem(app.config, "ATTACHMENTS_BYTES", 10)
    assert bob.call("POST", path(ticket), 413, **HUGE).code == "too_large"


@pytest.mark.threat("floods")
def test_large_bodies_are_read_from_those_who_are_known_alone(
    api_client: ApiClient, ticket: Filed
) -> None:
    api_client.call("POST", path(ticket), 401, **HUGE)
