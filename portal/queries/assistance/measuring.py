"""Asks for suggestions for tickets whose labels are known, each left out of what was learned."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import select

from portal.extensions import db
from portal.learning.features import unpacked
from portal.learning.precision import Case, Measured, measure
from portal.models.assistance import LearnedTicket, LearningProgress, Target
from portal.queries.assistance import model
from portal.queries.assistance.model import Model
from portal.queries.assistance.ranking import ranked
from portal.queries.paging import AnyRow

# The newest: what they are like is what is suggested for.
_SAMPLE = 1000
_AT_ONCE = 50
# Measuring takes seconds, and says nearly the same after one more of thousands.
_CHANGED_BY_ONE_OF = 100


class Precision(NamedTuple):
    """How good suggestions were after so many changes of what was learned."""

    changes: int
    measured: dict[Target, Measured]


def is_outdated() -> bool:
    """Whether what was learned has changed by a hundredth since the last time."""
    progress: LearningProgress | None = db.session.scalar(select(LearningProgress))
    if progress is None:
        return False
    changed = progress.changes - (progress.measured_changes or 0)
    return changed >= max(1, (progress.measured_changes or 0) // _CHANGED_BY_ONE_OF)


def find() -> Precision | None:
    """None while nothing is learned."""
    changes, found = db.session.scalar(select(LearningProgress.changes)), model.find()
    if found is None or changes is None:
        return None
    cases: dict[Target, list[Case]] = defaultdict(list)
    newest = select(LearnedTicket.labels, LearnedTicket.features)
    rows = db.session.execute(newest.order_by(LearnedTicket.ticket_id.desc()).limit(_SAMPLE)).all()
    for first in range(0, len(rows), _AT_ONCE):
        for target, case in _cases(found, rows[first : first + _AT_ONCE]):
            cases[target].append(case)
    return Precision(changes, {target: measure(of) for target, of in cases.items()})


def _cases(found: Model, rows: Sequence[AnyRow]) -> Iterator[tuple[Target, Case]]:
    tickets = [(row.labels, unpacked(row.features)) for row in rows]
    counts = model.feature_counts(number for _labels, numbers in tickets for number in numbers)
    for labels, numbers in tickets:
        for target, learned in found.learned.items():
            own = [label for label in labels if label in learned.sums]
            if not own:
                continue
            text = model.text_of(learned, counts, numbers, own)
            for one in ranked(target, learned, text):
                yield target, Case(one.margin, one.label, one.label in own)
