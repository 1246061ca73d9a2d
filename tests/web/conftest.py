"""Fixtures of the tests about limits."""

import pytest
from flask import Flask
from redis import Redis

from tests.cast import Cast
from tests.limited import World
from tests.post import Post


@pytest.fixture
def world(app: Flask, cast: Cast, post: Post, queue: Redis) -> World:
    """The cast, and nobody who has been counted yet."""
    return World(app, cast, post, queue)
