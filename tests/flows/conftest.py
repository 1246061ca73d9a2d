"""Fixtures of the flows: a desk of real processes on the test's database, and its load."""

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.flows.desk import Desk
from tests.flows.desk import desk as make_desk


@pytest.fixture
def desk(app: Flask, settings: dict[str, str]) -> Iterator[Desk]:
    """A desk on the database of `app`, still closed."""
    with make_desk(settings) as made:
        yield made
