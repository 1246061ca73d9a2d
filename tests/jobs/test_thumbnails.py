"""Each picture gets one thumbnail, whoever dies and however often a job runs."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import delete, select

from jobs import thumbnails as jobs
from jobs.parts.thumbnails import make_thumbnails
from portal import clock
from portal import thumbnails as decoder
from portal.extensions import db
from portal.models.tickets import Attachment, Thumbnail
from portal.services.operations.files import GRACE, remove_orphans
from portal.storage import SHARDS, Folder
from tests import factories, pictures
from tests.cast import Cast
from tests.factories import writing


def attach(app: Flask, cast: Cast, *contents: bytes) -> list[int]:
    """Ids of attachments of a new ticket."""
    storage = app.extensions["lodge.storage"]
    uploads = [pictures.stored(storage, content) for content in contents]
    factories.file_ticket(app, cast.ann, uploads=uploads)
    with app.app_context():
        return list(db.session.scalars(select(Attachment.id).order_by(Attachment.id)))


def make(app: Flask, attachment_id: int) -> None:
    with app.app_context():
        jobs.make(attachment_id)


def sweep(app: Flask) -> bool:
    with app.app_context():
        return bool(make_thumbnails())


def thumbnail(app: Flask, attachment_id: int) -> Thumbnail | None:
    with app.app_context():
        return db.session.get(Thumbnail, attachment_id)


def files(app: Flask) -> set[str]:
    storage: Folder = app.extensions["lodge.storage"]
    ever = clock.now() + timedelta(days=9)
    return {key for shard in range(SHARDS) for key in storage.keys(shard, older_than=ever)}


@pytest.fixture
def picture(app: Flask, cast: Cast) -> int:
    [attachment_id] = attach(app, cast, pictures.photo(720, 360))
    return attachment_id


def test_a_picture_gets_one_and_what_is_no_picture_none(app: Flask, cast: Cast):
    photo, text = attach(app, cast, pictures.photo(720, 360), b"words")
    make(app, photo)
    make(app, text)
    made = thumbnail(app, photo)
    assert made is not None
    assert (made.width, made.height, made.due_at) == (360, 180, None)
    assert made.storage_key in files(app)
    assert thumbnail(app, text) is None


def test_running_twice_or_at_once_makes_one(app: Flask, picture: int):
    make(app, picture)
    known = files(app)
    make(app, picture)
    # Whoever was slower than the pause finds it made, and leaves nothing behind.
    with app.app_context():
        again = jobs._store(db.session.scalars(select(Attachment.storage_key)).one())
        assert not jobs._finish(picture, again)
    assert len(files(app)) == len(known) + 1
    assert files(app) >= known


def test_a_copy_too_many_is_deleted(app: Flask, picture: int, monkeypatch: pytest.MonkeyPatch):
    before = files(app)
    monkeypatch.setattr(jobs, "_finish", lambda *_: False)
    make(app, picture)
    assert files(app) == before


def test_what_is_no_picture_is_tried_once(app: Flask, cast: Cast):
    [broken] = attach(app, cast, b"\x89PNG\r\n\x1a\n" + b"\0" * 50)
    make(app, broken)
    refused = thumbnail(app, broken)
    assert refused is not None
    assert (refused.storage_key, refused.due_at, refused.tries) == (None, None, 1)


def failing(*_: object) -> Iterator[None]:
    raise TimeoutError


def test_what_fails_is_tried_again_later_but_not_for_ever(
    app: Flask, picture: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(decoder, "make", failing)
    moment, tried = clock.now(), 0
    for _ in range(8):
        with time_machine.travel(moment, tick=False):
            sweep(app)
            sweep(app)  # the pause is not over
        row = thumbnail(app, picture)
        assert row is not None
        tried, moment = row.tries, (row.due_at or moment) + timedelta(seconds=1)
    assert (tried, row.due_at) == (6, None)


def test_the_sweep_makes_what_no_job_has_made(app: Flask, picture: int):
    assert not sweep(app)
    made = thumbnail(app, picture)
    assert made is not None
    assert made.storage_key


def test_it_goes_with_its_attachment(app: Flask, picture: int):
    make(app, picture)
    made = thumbnail(app, picture)
    assert made is not None
    with writing(app):
        db.session.execute(delete(Attachment))
    assert thumbnail(app, picture) is None
    storage = app.extensions["lodge.storage"]
    later = clock.now() + GRACE + timedelta(minutes=1)
    for minute in range(SHARDS):
        with clock.at(later + timedelta(minutes=minute)), app.app_context():
            remove_orphans(storage)
    assert made.storage_key not in files(app)
