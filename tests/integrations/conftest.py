"""Clients of marketplaces, with no application but the settings of one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask.ctx import AppContext

from tests.marketplaces.fixtures import open_to
from tests.marketplaces.server import Marketplace

OpenTo = Callable[[Marketplace], object]


@pytest.fixture
def running(bare_context: AppContext) -> Callable[[Marketplace], Iterator[None]]:
    """`with running(marketplace):` the clients talk to it."""

    @contextmanager
    def run(marketplace: Marketplace) -> Iterator[None]:
        with open_to(bare_context.app, marketplace):
            yield

    return run
