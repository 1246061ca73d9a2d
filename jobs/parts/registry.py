"""Registry of the parts of sweeps, with their periods and time limits."""

from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple, TypeVar

from portal.models.operations import HeartbeatName

# A part answers whether it has left work for the next sweep, however long its period is.
Do = Callable[[], bool | None]
_Do = TypeVar("_Do", bound=Do)

# How often the scheduler asks for each sweep.
SWEEP_SECONDS = 15
EACH_SWEEP = timedelta(seconds=SWEEP_SECONDS)
MINUTE = timedelta(minutes=1)
# Sweeps do not come on the second: what would be due shortly after one is due with it.
EARLY = timedelta(seconds=5)


class Sweep(StrEnum):
    """The sweeps, separate so that none waits for another's parts."""

    # Somebody waits for it. Its parts are short: one question, or a few rows.
    ON_TIME = "on_time"
    # Nobody notices when it is done a minute later.
    LATER = "later"
    # It waits for servers of others.
    WEBHOOKS = "webhooks"

    @property
    def heartbeat(self) -> HeartbeatName:
        """The heartbeat name under which its parts are watched."""
        return HeartbeatName.WEBHOOKS if self is Sweep.WEBHOOKS else HeartbeatName.SWEEP


class Part(NamedTuple):
    """Runs each `every`; when it has not ended `within` that time, its worker counts as dead.

    That may be wrong, so each part is safe to run twice and concurrently.
    """

    name: str
    do: Do
    sweep: Sweep
    every: timedelta
    within: timedelta

    def again_in(self, *, left: bool) -> timedelta:
        """Time from its begin to its next run; `left`: work is left."""
        return min(self.every, EACH_SWEEP if left else self.every) - EARLY


PARTS: dict[str, Part] = {}


def part(sweep: Sweep, *, every: timedelta, within: timedelta) -> Callable[[_Do], _Do]:
    """Register the decorated function as a part of `sweep`.

    Its name identifies it in the database.
    """

    def register(function: _Do) -> _Do:
        name = sweep.heartbeat.part(function.__name__)
        if name in PARTS:
            raise ValueError(f"two parts are called {name}")
        PARTS[name] = Part(name, function, sweep, every, within)
        return function

    return register


def parts_of(sweep: Sweep) -> list[Part]:
    return [part for part in PARTS.values() if part.sweep is sweep]


def names_of(heartbeat: HeartbeatName) -> set[str]:
    """Heartbeat names of all parts watched under `heartbeat`."""
    return {part.name for part in PARTS.values() if part.sweep.heartbeat is heartbeat}
