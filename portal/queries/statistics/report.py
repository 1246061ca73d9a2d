"""The numbers that a page, the API and a mail show, with what they were asked for."""

from datetime import date
from functools import lru_cache
from typing import NamedTuple

from portal import clock, i18n
from portal.extensions import setting
from portal.queries.statistics import kept, narrowed, progress
from portal.queries.statistics.narrowing import EVERYTHING, Narrowing
from portal.queries.statistics.period import Period
from portal.queries.statistics.progress import Progress
from portal.queries.statistics.tally import Tally


class Report(NamedTuple):
    """A tally with its question and how far tickets have been counted."""

    period: Period
    narrowing: Narrowing
    today: date
    tally: Tally
    progress: Progress


def today() -> date:
    """The day on the desk."""
    return clock.now().astimezone(i18n.zone(setting("DESK_TIMEZONE"))).date()


def find(period: Period, narrowing: Narrowing = EVERYTHING) -> Report:
    """Raises TooBroad where a narrowing leaves too many tickets to count."""
    known, day = progress.find(), today()
    return Report(period, narrowing, day, tally(period, narrowing, day, known.stamp), known)


@lru_cache(maxsize=16)
def tally(period: Period, narrowing: Narrowing, day: date, _stamp: int) -> Tally:
    """Kept for as long as no number changes, as a page is looked at again and again."""
    if narrowing == EVERYTHING:
        return kept.tally(period, day)
    return narrowed.tally(narrowing, period, day)
