"""The API's document is good enough that a client which is generated from it does the main job."""

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from flask import Flask

from tests.cast import PASSWORD, Cast
from tests.databases import Database
from tests.waiting import PATIENCE

# A ZIP file, or a mail, is bytes to the generator, as soon as it is told.
_CONFIG = {
    "package_name_override": "lodge_client",
    "content_type_overrides": {
        "message/rfc822": "application/octet-stream",
        "application/zip": "application/octet-stream",
    },
    "post_hooks": [],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the generated package goes, importable as long as the tests of this module run."""
    made = tmp_path_factory.mktemp("generated")
    sys.path.insert(0, str(made))
    yield made
    sys.path.remove(str(made))


@pytest.fixture
def package(app: Flask, folder: Path, database: Database) -> str:
    """The package's name; it is generated once, for the document does not know the database."""
    if not (folder / "lodge_client").exists():
        document = app.test_client().get("/api/v1/openapi.json").data
        (folder / "openapi.json").write_bytes(document)
        (folder / "config.json").write_text(json.dumps(_CONFIG))
        words = ["generate", "--meta", "none", "--fail-on-warning"]
        words += ["--path", "openapi.json", "--config", "config.json"]
        ended = subprocess.run(
            [
                sys.executable,
                "-m",
                "openapi_python_client",
                *words,
                "--output-path",
                "lodge_client",
            ],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
    return "lodge_client"


class Generated:
    """The generated package, speaking to `app` as one person."""

    def __init__(self, app: Flask, package: str, token: str = "") -> None:
        self._package = package
        root: Any = importlib.import_module(package)
        transport = {"transport": httpx.WSGITransport(app=app)}
        given = {"base_url": "http://localhost", "httpx_args": transport}
        self._client = (
            root.AuthenticatedClient(token=token, **given) if token else root.Client(**given)
        )

    def model(self, name: str, **fields: Any) -> Any:
        """A body."""
        models: Any = importlib.import_module(f"{self._package}.models")
        return getattr(models, name)(**fields)

    def ask(self, operation: str, *path: Any, status: int = 200, **given: Any) -> Any:
        """What the operation answers, as the generated types have it."""
        module: Any = importlib.import_module(f"{self._package}.api.{operation}")
        answer = module.sync_detailed(*path, client=self._client, **given)
        assert answer.status_code == status, answer.content
        self.etag = answer.headers.get("ETag", "")
        return answer.parsed


def signed_in(app: Flask, package: str, email: str) -> Generated:
    stranger = Generated(app, package)
    body = stranger.model("SignIn", email=email, password=PASSWORD)
    tokens = stranger.ask("auth.login", body=body)
    return Generated(app, package, tokens.access_token)


def test_it_does_the_main_job(app: Flask, cast: Cast, package: str) -> None:
    ann, sam = (signed_in(app, package, who.email) for who in (cast.ann, cast.sam))
    asked = ann.model("NewTicket", subject="No hot water", message="Since *this* morning.")
    filed = ann.ask("tickets.file_ticket", body=asked, status=201)
    assert (filed.subject, filed.status, filed.requester.name) == (
        "No hot water",
        "new",
        cast.ann.name,
    )

    found = sam.ask("tickets.list_tickets", q="water").items
    assert [ticket.number for ticket in found] == [filed.number]
    sam.ask("tickets.read_ticket", filed.number)
    taken = sam.ask(
        "tickets.assign_ticket",
        filed.number,
        body=sam.model("Assignee", assignee="me"),
        if_match=sam.etag,
    )
    assert taken.assignee.name == cast.sam.name
    said = sam.model("NewComment", message="We are on our way.")
    sam.ask("comments.post_comment", filed.number, body=said, status=201)

    heard = ann.ask("comments.list_comments", filed.number).items
    assert [comment.message for comment in heard][-1] == "We are on our way."
    assert ann.ask("tickets.read_ticket", filed.number).status == "open"


def test_it_sends_and_fetches_files(app: Flask, cast: Cast, package: str) -> None:
    ann, sam = (signed_in(app, package, who.email) for who in (cast.ann, cast.sam))
    asked = ann.model("NewTicket", subject="No hot water", message="See the photo.")
    number = ann.ask("tickets.file_ticket", body=asked, status=201).number
    types: Any = importlib.import_module(f"{package}.types")
    photo = types.File(BytesIO(b"\x89PNG\r\n\x1a\n" + bytes(20)), "photo.png", "image/png")
    body = ann.model("Upload", attachments=[photo], message="Here it is.")
    (sent,) = ann.ask("attachments.add_attachments", number, body=body, status=201).items
    assert (sent.filename, sent.size) == ("photo.png", 28)
    (listed,) = sam.ask("attachments.list_attachments", number).items
    assert listed.id == sent.id
    fetched = sam.ask("attachments.read_attachment", listed.id)
    assert fetched.payload.read() == photo.payload.getvalue()


def test_it_reads_what_went_wrong(app: Flask, cast: Cast, package: str) -> None:
    ann = signed_in(app, package, cast.ann.email)
    problem = ann.ask("tickets.read_ticket", "REQ999999", status=404)
    assert (problem.code, problem.status) == ("not_found", 404)
