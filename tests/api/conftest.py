"""Fixtures of the API's tests."""

from collections.abc import Callable

import pytest
from flask import Flask

from portal.models.people import Actor
from tests.api.api_client import ApiClient, token_of

Call = Callable[[Actor], ApiClient]


@pytest.fixture
def api_client(app: Flask) -> ApiClient:
    """An API client without a credential."""
    return ApiClient(app)


@pytest.fixture
def call(app: Flask) -> Call:
    """`call(cast.ann)`: an API client with an access token of Ann's."""
    return lambda person: ApiClient(app, token_of(app, person))
