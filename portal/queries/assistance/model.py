"""What was learned, as suggestions need it: some sums, and the counts of a text's features."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import select

from portal.extensions import db
from portal.learning.bayes import Learned, Text
from portal.learning.precision import NOTHING, Measured, Rate
from portal.models.assistance import LearnedFeature, LearnedLabel, LearningProgress, Target
from portal.queries.id_lists import is_listed
from portal.queries.paging import AnyRow

# Labels of fewer are not suggested: of these little is known.
LEAST_TICKETS = 10
# (in how many tickets a feature is, and in how many of each label), by its number.
FeatureCounts = Mapping[int, tuple[int, Mapping[int, int]]]
_FEATURES = select(LearnedFeature.number, LearnedFeature.tickets, LearnedFeature.labels).where(
    is_listed(LearnedFeature.number, "numbers")
)


class Model(NamedTuple):
    """By target what was learned and how good it is; by label its name, acts and tickets."""

    tickets: int
    learned: Mapping[Target, Learned]
    measured: Mapping[Target, Measured]
    names: Mapping[int, str]
    acts: Mapping[int, Rate]
    tickets_of: Mapping[int, int]

    def label_rate(self, target: Target, label: int, percent: int) -> Rate:
        """Of suggestions of that label as sure as `percent`, with what was set by them since."""
        measured = self.measured.get(target)
        past = measured.of_label(label, percent) if measured else NOTHING
        return past.plus(self.acts[label])


def find() -> Model | None:
    """None while nothing is learned."""
    progress = db.session.scalar(select(LearningProgress))
    if progress is None or not progress.tickets:
        return None
    columns = LearnedLabel.__table__.columns
    rows = db.session.execute(select(*columns)).all()
    return Model(
        tickets=progress.tickets,
        learned={target: _learned(progress.tickets, rows, target) for target in Target},
        measured={
            Target(target): Measured.from_json(kept) for target, kept in progress.measured.items()
        },
        names={row.id: row.name for row in rows},
        acts={row.id: Rate(row.acts, row.acts - row.undone) for row in rows},
        tickets_of={row.id: row.tickets for row in rows},
    )


def feature_counts(numbers: Iterable[int]) -> FeatureCounts:
    """Of those features that were learned."""
    rows = db.session.execute(_FEATURES, {"numbers": sorted(set(numbers))}).all()
    # Parsed as one: a text each would take three times as long.
    labels = json.loads(f"[{','.join(row.labels for row in rows)}]")
    return {
        row.number: (row.tickets, {int(label): number for label, number in counts.items()})
        for row, counts in zip(rows, labels, strict=True)
    }


def text_of(
    learned: Learned, counts: FeatureCounts, numbers: Collection[int], own: Sequence[int] = ()
) -> Text:
    """A text of these features for one target; with its `own` labels it is a learned one."""
    known = [number for number in numbers if number in counts]
    return Text(
        tickets={number: counts[number][0] for number in known},
        labels={
            number: {
                label: seen for label, seen in counts[number][1].items() if label in learned.sums
            }
            for number in known
        },
        own=own,
        size=len(numbers) if own else 0,
    )


def _learned(tickets: int, rows: Sequence[AnyRow], target: Target) -> Learned:
    own = [row for row in rows if row.target == target and row.tickets >= LEAST_TICKETS]
    # Each ticket has one priority.
    total = sum(row.features for row in rows if row.target == Target.PRIORITY)
    sums = {row.id: row.features for row in own}
    return Learned(tickets, sums, total if target is Target.TAGS else 0)
