"""Keeps how good suggestions were."""

from sqlalchemy import select

from portal import clock
from portal.extensions import db
from portal.models.assistance import LearningProgress
from portal.queries.assistance.measuring import Precision


def keep(precision: Precision) -> None:
    """Unless nothing is learned any more."""
    progress = db.session.scalar(select(LearningProgress).with_for_update())
    if progress is not None:
        measured = precision.measured.items()
        progress.measured = {str(target): one.as_json() for target, one in measured}
        progress.measured_changes = precision.changes
        progress.measured_at = clock.now()
