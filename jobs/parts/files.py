"""Deletes stored files that no row names, and measures the store."""

from flask import current_app

from jobs import job
from jobs.parts.registry import MINUTE, Sweep, part
from portal.extensions import begin_write
from portal.services.operations import files


# One part of the store each minute, whichever second of it.
@part(Sweep.LATER, every=MINUTE / 2, within=3 * MINUTE)
@job
def remove_orphans() -> None:
    """Check the next part of the store."""
    files.remove_orphans(current_app.extensions["lodge.storage"])


@part(Sweep.LATER, every=MINUTE / 2, within=3 * MINUTE)
@job
def measure_files() -> None:
    """Keep how much lies in the part of the store whose turn it is."""
    measured = files.measure(current_app.extensions["lodge.storage"])
    begin_write()
    files.remember(measured)
