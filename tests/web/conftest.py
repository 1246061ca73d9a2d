"""Fixtures of the tests about limits."""

import pytest
from flask import Flask
from redis import Redis

from tests.cast import Cast
from tests.limit_callers import World
from tests.mailbox import Mailbox


@pytest.fixture
def world(app: Flask, cast: Cast, mailbox: Mailbox, queue: Redis) -> World:
    """The cast, and nobody who has been counted yet."""
    return World(app, cast, mailbox, queue)
