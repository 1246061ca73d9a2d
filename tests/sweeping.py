"""Going round now, whatever was done a moment ago: as if each part's time had come."""

from jobs import job
from jobs.parts.registry import Sweep
from jobs.sweep import go_round
from portal.extensions import begin_write, db
from portal.models.operations import Heartbeat


def sweep() -> None:
    """What has to be on time and what may wait. Inside an application context."""
    make_due()
    go_round(Sweep.ON_TIME)
    go_round(Sweep.LATER)


@job
def make_due() -> None:
    """Let every part be due."""
    begin_write()
    db.session.execute(db.update(Heartbeat).values(due_at=None))
