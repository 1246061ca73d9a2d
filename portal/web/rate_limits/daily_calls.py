"""API calls of an organization on one day of the desk, held against the limit of its plan.

They are counted in the storage of Flask-Limiter. While that is away, each process counts what it
sees on top of the last number that it knows, and hands it in afterwards: nobody is refused who has
calls left by what is known, and no call is forgotten.
"""

import logging
import math
import threading
import time
from datetime import datetime, timedelta
from datetime import time as time_of_day

from flask import Flask, current_app

from portal import clock, i18n
from portal.errors import CallsUsedUp
from portal.extensions import limiter, setting
from portal.models.people import Actor
from portal.queries.organizations import plans

log = logging.getLogger(__name__)
# Longer than a day with a change of the clocks.
_KEPT = int(timedelta(hours=50).total_seconds())
# A changed plan holds after that; asking for it with each call would be a query more.
_LIMIT_SECONDS = 30.0
# A storage that is away is not asked again so long.
_AWAY_SECONDS = 5.0
_MOST_KNOWN = 10_000


class DailyCalls:
    """`app.extensions["lodge.daily_calls"]`: the counts of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._day = ""
        self._away_until = 0.0
        # By organization: the last number of the storage, and calls that it has not heard of.
        self._known: dict[int, int] = {}
        self._owed: dict[int, int] = {}
        # By organization: the limit, and until when it holds.
        self._limits: dict[int, tuple[int | None, float]] = {}

    def add(self, organization_id: int) -> int:
        """Count one call; the number of today's."""
        with self._lock:
            day = self._today()
            self._owed[organization_id] = self._owed.get(organization_id, 0) + 1
        return self._hand_in(day, organization_id)

    def number(self, organization_id: int) -> int:
        """Today's calls."""
        with self._lock:
            day = self._today()
        return self._hand_in(day, organization_id)

    def limit_of(self, organization_id: int) -> int | None:
        """Calls a day that its plan allows; None: any."""
        limit, until = self._limits.get(organization_id, (None, 0.0))
        if time.monotonic() >= until:
            limit = plans.plan_of(organization_id).calls_a_day
            if len(self._limits) > _MOST_KNOWN:
                self._limits.clear()
            self._limits[organization_id] = (limit, time.monotonic() + _LIMIT_SECONDS)
        return limit

    def _today(self) -> str:
        """The day in the desk's zone. With a new one all counts begin anew."""
        day = _now().date().isoformat()
        if day != self._day:
            self._day = day
            self._known.clear()
            self._owed.clear()
        return day

    def _hand_in(self, day: str, organization_id: int) -> int:
        with self._lock:
            owed = self._owed.pop(organization_id, 0)
        try:
            number = self._stored(f"calls:{day}:{organization_id}", owed)
        except Exception as error:
            log.warning("calls are counted here for now: %s", type(error).__name__)
            self._away_until = time.monotonic() + _AWAY_SECONDS
            number = None
        with self._lock:
            if number is None:
                owed += self._owed.get(organization_id, 0)
                self._owed[organization_id] = owed
                return self._known.get(organization_id, 0) + owed
            self._known[organization_id] = number
            return number

    def _stored(self, key: str, owed: int) -> int | None:
        """The number in the storage with what is owed; None while it is away."""
        if time.monotonic() < self._away_until:
            return None
        if not owed:
            return limiter.storage.get(key)
        return limiter.storage.incr(key, _KEPT, amount=owed)


def attach(app: Flask) -> None:
    app.extensions["lodge.daily_calls"] = DailyCalls()


def calls_today(organization_id: int) -> int:
    daily: DailyCalls = current_app.extensions["lodge.daily_calls"]
    return daily.number(organization_id)


def count(actor: Actor) -> None:
    """Count a call of a customer's program. Raises CallsUsedUp beyond the limit of the plan."""
    if actor.is_staff or not limiter.enabled:
        return
    daily: DailyCalls = current_app.extensions["lodge.daily_calls"]
    number, limit = daily.add(actor.organization_id), daily.limit_of(actor.organization_id)
    if limit is not None and number > limit:
        raise CallsUsedUp(calls=limit, retry_after=_until_midnight())


def _until_midnight() -> int:
    now = _now()
    midnight = datetime.combine(now.date() + timedelta(days=1), time_of_day(), now.tzinfo)
    return max(1, math.ceil(midnight.timestamp() - now.timestamp()))


def _now() -> datetime:
    return clock.now().astimezone(i18n.zone(setting("DESK_TIMEZONE")))
