"""Fixtures of the flows: a desk of real processes on the test's database, and its load."""

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.flows.cluster import Cluster
from tests.flows.consistency import wait_until_delivered
from tests.flows.desk import Desk
from tests.flows.desk import desk as make_desk
from tests.servers import short_folder


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
