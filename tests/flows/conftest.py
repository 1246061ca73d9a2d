"""Fixtures of the flows: a desk of real processes on the test's database, and its load."""

import re
from collections.abc import Iterator

import psycopg
import pytest
from flask import Flask

from tests.architecture.source import ROOT
from tests.databases import Database
from tests.flows.cluster import Cluster
from tests.flows.consistency import wait_until_delivered
from tests.flows.desk import Desk
from tests.flows.desk import desk as make_desk
from tests.servers import pgbouncer, short_folder

DEPLOYING = (ROOT / "docs" / "deploy.md").read_text()
# Fewer sessions than there are threads: none stays anybody's own.
_SESSIONS = "default_pool_size = 3"


@pytest.fixture
def desk(app: Flask, settings: dict[str, str]) -> Iterator[Desk]:
    """A desk on the database of `app`, still closed."""
    with make_desk(settings) as made:
        yield made


@pytest.fixture(scope="module")
def _desk_of_module(lodge: object, settings: dict[str, str]) -> Iterator[Desk]:
    with make_desk(settings) as made:
        made.open()
        yield made


@pytest.fixture
def open_desk(app: Flask, _desk_of_module: Desk) -> Iterator[Desk]:
    """An open desk for tests that take nothing of it away: the others of the module share it."""
    _desk_of_module.forget()
    yield _desk_of_module
    wait_until_delivered(app, _desk_of_module)


@pytest.fixture
def own_cluster() -> Iterator[Cluster]:
    with short_folder("pg") as folder:
        made = Cluster(folder)
        made.start()
        try:
            yield made
        finally:
            made.kill()


@pytest.fixture
def pooled(postgres: str, empty_database: Database) -> Iterator[str]:
    """The URL of a database without a schema, with PgBouncer before it, as the guide has both."""
    settings = re.search(r"^pool_mode = .*?(?=^```)", DEPLOYING, re.MULTILINE | re.DOTALL)
    assert settings is not None
    name = empty_database.url.partition("?")[0].rpartition("/")[2]
    with psycopg.connect(empty_database.url, autocommit=True) as connection:
        for statement in re.findall(
            r"^ALTER ROLE lodge IN DATABASE lodge SET .*;$", DEPLOYING, re.M
        ):
            connection.execute(statement.replace("DATABASE lodge", f"DATABASE {name}"))
    with pgbouncer(postgres, f"{settings[0]}\n{_SESSIONS}") as address:
        yield f"{address.format(name=name)}&pgbouncer=1"
