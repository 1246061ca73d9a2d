"""Measures how soon the desk answers, which new tickets tell their writers."""

from jobs import job
from jobs.parts.registry import MINUTE, Sweep, part
from portal.extensions import begin_write
from portal.queries.operations import desk as desk_queries
from portal.queries.tickets import workload
from portal.services.operations import desk


@part(Sweep.LATER, every=MINUTE, within=3 * MINUTE)
@job
def measure_first_answers() -> None:
    """Keep the median of recent first answers; none while there are few."""
    seconds = workload.usual_first_answer()
    if seconds != desk_queries.first_answer_seconds():
        begin_write()
        desk.set_first_answer(seconds)
