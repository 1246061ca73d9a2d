"""Runs the sweeps at once, however recently their parts ran."""

from jobs import job
from jobs.parts.registry import Sweep
from jobs.sweep import run_due_parts
from portal.extensions import begin_write, db
from portal.models.operations import Heartbeat


def sweep() -> None:
    """Run both sweeps. Inside an application context."""
    make_due()
    run_due_parts(Sweep.ON_TIME)
    run_due_parts(Sweep.LATER)


@job
def make_due() -> None:
    """Make every part of the sweeps due."""
    begin_write()
    db.session.execute(db.update(Heartbeat).values(due_at=None))
