"""A job that works through a batch, as a test needs it: items, steps of each, items done."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask import Flask

from portal.extensions import db
from portal.models.people import User
from tests.cast import Cast
from tests.webhook_receiver import Receiver

# Where a function stands, its name, and how the item is read from its arguments.
Step = tuple[Any, str, Callable[..., object]]


@dataclass
class BatchCase:
    """`done` are the items that have been dealt with; `later` is when the part is to run."""

    items: list[Any]
    done: Callable[[], set[Any]]
    run: Callable[[], object]
    steps: dict[str, Step]
    later: timedelta = field(default_factory=timedelta)


@dataclass
class World:
    """What the items of a batch are made from."""

    app: Flask
    cast: Cast
    another: Callable[[], Receiver]

    def ids(self, query: Any) -> list[Any]:
        with self.app.app_context():
            return list(db.session.scalars(query))

    def people(self) -> list[User]:
        return [
            db.session.get_one(User, p.id) for p in (self.cast.bob, self.cast.carl, self.cast.sue)
        ]
