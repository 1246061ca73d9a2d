"""Files that no row names go away; all others stay."""

import io
import os
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from jobs.parts.files import measure_files
from portal import clock
from portal.queries.operations import storage as kept_facts
from portal.services.operations.files import GRACE, remove_orphans
from portal.services.privacy import data_exports, privacy_requests
from portal.services.tickets.attachments import Upload
from portal.storage import SHARDS, Storage
from tests import factories
from tests.cast import Cast


@pytest.fixture
def storage(app: Flask) -> Storage:
    store: Storage = app.extensions["lodge.storage"]
    return store


def put(storage: Storage) -> str:
    return storage.put(io.BytesIO(b"some bytes"), limit=100).key


def age(app: Flask, by: timedelta) -> None:
    moment = (clock.now() - by).timestamp()
    for path in Path(app.config["DATA_DIR"], "files").glob("*/*/*"):
        os.utime(path, (moment, moment))


def sweep_all(app: Flask) -> int:
    """Every part of the store, as a day of sweeps would see it."""
    start, removed = clock.now(), 0
    with app.app_context():
        for minute in range(SHARDS):
            with clock.at(start + timedelta(minutes=minute)):
                removed += remove_orphans(app.extensions["lodge.storage"])
    return removed


def test_a_file_without_a_row_goes_and_one_with_a_row_stays(
    app: Flask, cast: Cast, storage: Storage
) -> None:
    kept, orphan = put(storage), put(storage)
    upload = Upload(key=kept, filename="a.txt", content_type="text/plain", size=10, sha256="0" * 64)
    factories.file_ticket(app, cast.ann, uploads=[upload])
    age(app, GRACE + timedelta(minutes=1))
    assert sweep_all(app) == 1
    assert [p.name for p in Path(app.config["DATA_DIR"], "files").glob("*/*/*")] == [kept]
    assert orphan != kept


def test_the_size_of_the_store_is_kept_part_by_part(app: Flask, storage: Storage) -> None:
    put(storage)
    put(storage)
    with app.app_context():
        assert kept_facts.files() == (0, 0)
        for minute in range(SHARDS):
            with clock.at(clock.now() + timedelta(minutes=minute)):
                measure_files()
        assert kept_facts.files() == (20, SHARDS)


def test_a_copy_of_somebodys_data_stays_while_its_request_names_it(
    app: Flask, cast: Cast, storage: Storage
) -> None:
    kept = storage.put(io.BytesIO(b"a ZIP"), limit=100)
    with factories.writing(app):
        privacy_requests.ask_export(actor=cast.ann)
        lease = data_exports.claim(1)
        assert lease
        data_exports.finish(lease, kept)
    age(app, GRACE + timedelta(minutes=1))
    assert sweep_all(app) == 0
    with clock.at(clock.now() + timedelta(days=7)), factories.writing(app):
        assert data_exports.expire(1) == [kept.key]
    assert sweep_all(app) == 1


def test_a_file_of_a_request_that_still_runs_stays(app: Flask, storage: Storage) -> None:
    put(storage)
    age(app, GRACE - timedelta(hours=5))
    assert sweep_all(app) == 0


def test_what_a_killed_process_left_half_written_goes(app: Flask, storage: Storage) -> None:
    put(storage)
    for path in Path(app.config["DATA_DIR"], "files").glob("*/*/*"):
        path.rename(path.with_name(path.name + ".part"))
    age(app, GRACE + timedelta(minutes=1))
    assert sweep_all(app) == 1
