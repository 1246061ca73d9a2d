"""Fixtures of the API's tests."""

from collections.abc import Callable

import pytest
from flask import Flask

from portal.models.people import Actor
from tests.api.program import Program, token_of

Call = Callable[[Actor], Program]


@pytest.fixture
def program(app: Flask) -> Program:
    """A program without a credential."""
    return Program(app)


@pytest.fixture
def call(app: Flask) -> Call:
    """`call(cast.ann)`: a program that has signed in as Ann."""
    return lambda person: Program(app, token_of(app, person))
