"""Adds learned tickets to the counts of labels and features, and takes them out."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import delete, select, update

from portal.bulk_statements import execute_bulk, upsert
from portal.extensions import db
from portal.models.assistance import LearnedFeature, LearnedLabel, Target
from portal.models.assistance.learned_label import MAX_NAME
from portal.queries.assistance import model

# Of a target. More would be a price for each suggestion, and the rest are tags of few tickets.
MAX_LABELS = 200
# Of one statement, so that no driver has too many parameters in it.
_ROWS = 2000
_IDS = 500

LabelKey = tuple[Target, str]


class Contribution(NamedTuple):
    """What a ticket adds to the counts: ids of labels, and numbers of features."""

    labels: Sequence[int]
    features: Sequence[int]


def label_ids(labels: Iterable[Mapping[Target, Sequence[str]]]) -> dict[LabelKey, int]:
    """Ids of these labels, made where there is room for them."""
    keys = Counter(
        (target, name)
        for of in labels
        for target, names in of.items()
        for name in names
        if len(name) <= MAX_NAME
    )
    known = _known()
    room = Counter(dict.fromkeys(Target, MAX_LABELS))
    room.subtract(target for target, _name in known)
    for target, name in [key for key, _number in keys.most_common() if key not in known]:
        if room[target] > 0:
            room[target] -= 1
            row = LearnedLabel(target=target, name=name, tickets=0, features=0)
            db.session.add(row)
            db.session.flush()
            known[target, name] = row.id
    return known


def apply(out: Sequence[Contribution], into: Sequence[Contribution]) -> None:
    """Add to the counts what has changed, in rows of one order."""
    changes: dict[int, Counter[int]] = defaultdict(Counter)
    tickets: Counter[int] = Counter()
    labels: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for sign, contributions in ((-1, out), (1, into)):
        for one in contributions:
            for number in one.features:
                tickets[number] += sign
                for label in one.labels:
                    changes[number][label] += sign
            for label in one.labels:
                labels[label][0] += sign
                labels[label][1] += sign * len(one.features)
    _apply_features(tickets, changes)
    _apply_labels(labels)


def _apply_features(tickets: Mapping[int, int], changes: Mapping[int, Mapping[int, int]]) -> None:
    before = model.feature_counts(tickets)
    rows: list[dict[str, Any]] = []
    gone: list[int] = []
    for number, change in sorted(tickets.items()):
        had, counts = before.get(number, (0, {}))
        if had + change <= 0:
            gone.append(number)
            continue
        sums = Counter(counts)
        sums.update(changes.get(number, {}))
        kept = {str(label): seen for label, seen in sorted(sums.items()) if seen > 0}
        text = json.dumps(kept, separators=(",", ":"))
        rows.append({"number": number, "tickets": had + change, "labels": text})
    for numbers in _parts(gone, _IDS):
        execute_bulk(delete(LearnedFeature).where(LearnedFeature.number.in_(numbers)))
    connection = db.session.connection()
    statement = upsert(
        LearnedFeature,
        connection.dialect.name,
        key=("number",),
        replaced=("tickets", "labels"),
    )
    for part in _parts(rows, _ROWS):
        connection.execute(statement, part)


def _apply_labels(changes: Mapping[int, Sequence[int]]) -> None:
    for label, (tickets, numbers) in sorted(changes.items()):
        execute_bulk(
            update(LearnedLabel)
            .where(LearnedLabel.id == label)
            .values(
                tickets=LearnedLabel.tickets + tickets, features=LearnedLabel.features + numbers
            )
        )
    # They make room for others.
    unused = (LearnedLabel.tickets <= 0, LearnedLabel.acts == 0)
    execute_bulk(delete(LearnedLabel).where(*unused))


def _known() -> dict[LabelKey, int]:
    rows = db.session.execute(select(LearnedLabel.target, LearnedLabel.name, LearnedLabel.id))
    return {(Target(row.target), row.name): row.id for row in rows}


def _parts(rows: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    for first in range(0, len(rows), size):
        yield rows[first : first + size]
