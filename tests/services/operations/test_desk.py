"""A store is this desk's, may become it, or is left alone."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.ctx import AppContext

from portal.errors import ForeignStore
from portal.extensions import begin_write, db
from portal.models.operations import Desk
from portal.services.operations import desk as services
from portal.services.tickets.attachments import Upload
from portal.storage import Storage, open_storage
from tests import factories
from tests.cast import Cast


@pytest.fixture
def store(tmp_path: Path) -> Storage:
    return open_storage(f"file://{tmp_path}/files")


@pytest.fixture
def unit(context: AppContext) -> Iterator[None]:
    """A write unit of the desk."""
    begin_write()
    yield
    db.session.rollback()


def put(store: Storage) -> str:
    return store.put(io.BytesIO(b"x"), limit=10).key


def attach(app: Flask, cast: Cast, key: str) -> None:
    """Let the database name a file."""
    upload = Upload(key=key, filename="a", content_type="text/plain", size=1, sha256="0" * 64)
    factories.file_ticket(app, cast.ann, uploads=[upload])


def refused(store: Storage) -> str:
    before = store.owner()
    begin_write()
    with pytest.raises(ForeignStore) as refusal:
        services.claim_store(store)
    assert store.owner() == before
    assert services.confirmed_owner(store) is None
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


@pytest.mark.usefixtures("unit")
def test_an_empty_store_becomes_that_of_a_desk_without_files(store: Storage) -> None:
    assert services.confirmed_owner(store) is None
    key = services.claim_store(store)
    assert store.owner() == key == services.confirmed_owner(store)
    assert services.claim_store(store) == key
    assert db.session.query(Desk).one().files_since is not None


def test_a_store_from_before_marks_is_known_by_its_files(
    app: Flask, cast: Cast, store: Storage
) -> None:
    attach(app, cast, put(store))
    attach(app, cast, "0" * 32)  # was lost
    with app.app_context():
        begin_write()
        assert services.claim_store(store) == store.owner()


@pytest.mark.usefixtures("unit")
def test_a_second_empty_folder_is_not_taken(store: Storage, tmp_path: Path) -> None:
    services.claim_store(store)
    with pytest.raises(ForeignStore, match="while its files are in another"):
        services.claim_store(open_storage(f"file://{tmp_path}/second"))


def test_a_folder_without_the_files_that_the_database_names_is_not_taken(
    app: Flask, cast: Cast, store: Storage
) -> None:
    attach(app, cast, "0" * 32)
    with app.app_context():
        assert "none of the files that the database names" in refused(store)
        put(store)
        assert "none of the files that the database names" in refused(store)


def test_a_folder_with_files_of_nobody_knows_whom_is_not_taken(
    context: AppContext, store: Storage
) -> None:
    put(store)
    assert "files that the database does not name" in refused(store)


def test_another_desk_s_store_is_not_taken(app: Flask, cast: Cast, store: Storage) -> None:
    attach(app, cast, put(store))
    store.claim("f" * 32)
    with app.app_context():
        assert "another desk" in refused(store)


@pytest.mark.usefixtures("unit")
def test_an_operator_s_word_takes_any_store(store: Storage) -> None:
    put(store)
    store.claim("f" * 32)
    services.claim_store_by_force(store)
    assert services.confirmed_owner(store) == store.owner() != "f" * 32
