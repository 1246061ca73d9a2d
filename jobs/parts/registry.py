"""The parts of the sweeps: who does what again and again, how often, and how long it may take."""

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
    """What goes round by itself, so that no sweep waits for another's parts."""

    # Somebody waits for it. Its parts are short: one question, or a few rows.
    ON_TIME = "on_time"
    # Nobody notices when it is done a minute later.
    LATER = "later"
    # It waits for servers of others.
    WEBHOOKS = "webhooks"

    @property
    def heartbeat(self) -> HeartbeatName:
        """Under which name its parts give their signs of life."""
        return HeartbeatName.WEBHOOKS if self is Sweep.WEBHOOKS else HeartbeatName.SWEEP


class Part(NamedTuple):
    """Done `every` so often; who has not ended `within` that time has died, and it is done again.

    Taking somebody for dead may be a mistake: each part is safe to run twice, and at once.
    """

    name: str
    do: Do
    sweep: Sweep
    every: timedelta
    within: timedelta

    def again_in(self, *, left: bool) -> timedelta:
        """How long after it began it is due again; `left` says that there is work left."""
        return min(self.every, EACH_SWEEP if left else self.every) - EARLY


PARTS: dict[str, Part] = {}


def part(sweep: Sweep, *, every: timedelta, within: timedelta) -> Callable[[_Do], _Do]:
    """Let `sweep` do the function."""

    def register(function: _Do) -> _Do:
        name = sweep.heartbeat.part(function.__name__)
        if name in PARTS:
            raise ValueError(f"two parts are called {name}")
        PARTS[name] = Part(name, function, sweep, every, within)
        return function

    return register


def parts_of(sweep: Sweep) -> list[Part]:
    """What it does."""
    return [part for part in PARTS.values() if part.sweep is sweep]


def names_of(heartbeat: HeartbeatName) -> set[str]:
    """The parts of all sweeps that give their signs of life under that name."""
    return {part.name for part in PARTS.values() if part.sweep.heartbeat is heartbeat}
