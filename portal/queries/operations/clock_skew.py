"""How far this machine's clock is from the database's."""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from portal import clock
from portal.extensions import db

# Beyond the second one, signatures and links are refused.
SKEW, BAD_SKEW = timedelta(seconds=2), timedelta(seconds=60)


def clock_skew() -> timedelta | None:
    """None for SQLite, which has no clock of its own."""
    if db.engine.dialect.name == "sqlite":
        return None
    theirs: datetime = db.session.execute(select(func.clock_timestamp())).scalar_one()
    return abs(theirs - clock.now())
