"""Learns solved tickets: those that have changed, and those that were never looked at.

A ticket is taken out of the counts as it was learned, and put in as it is, in one transaction with
the note that it had changed: each counts once, however often or late the learning is tried.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, select, update

from portal.bulk_statements import execute_bulk, insert_missing
from portal.extensions import db
from portal.isolation import attempt
from portal.learning.features import FEATURES_VERSION, features, packed, unpacked
from portal.models.assistance import (
    LearnedFeature,
    LearnedLabel,
    LearnedTicket,
    LearningProgress,
    UnlearnedTicket,
)
from portal.queries.assistance import learnable, wanted
from portal.queries.assistance.learnable import Learnable
from portal.queries.paging import AnySelect
from portal.services.assistance import learned_counts
from portal.services.assistance.learned_counts import Contribution, LabelKey

BATCH = 50
# The newest solved tickets: a desk changes, and what is kept has an end.
MAX_TICKETS = 20_000
# No features have this version, so the first learning begins anew.
_NOTHING: dict[str, Any] = {
    "id": 1,
    "features_version": 0,
    "learned_to": 0,
    "goal": 0,
    "tickets": 0,
    "changes": 0,
}
_NOTHING |= {"measured_changes": 0, "measured": {}}


class _Row(NamedTuple):
    """A LearnedTicket with its features as numbers."""

    ticket_id: int
    version: int
    labels: Sequence[int]
    features: Sequence[int]


_COLUMNS = tuple(LearnedTicket.__table__.c[name] for name in _Row._fields)


class _Work(NamedTuple):
    """Notes of changes, and ids of tickets; `last` is the last that nobody has looked at."""

    notes: Sequence[int]
    ids: Sequence[int]
    last: int


def is_behind() -> bool:
    """Whether there is anything to learn; switched off, whether there is anything to forget."""
    progress = db.session.scalar(select(LearningProgress))
    if not wanted.learns():
        return progress is not None
    if progress is None or progress.features_version != FEATURES_VERSION:
        return True
    work = _work(progress, 1)
    return bool(work.ids)


def learn_some(limit: int = BATCH) -> bool:
    """Learn up to `limit` tickets; whether there may be more."""
    if not wanted.learns():
        forget_all()
        return False
    progress = _locked()
    if progress.features_version != FEATURES_VERSION:
        _begin_anew(progress)
    work = _work(progress, limit)
    _learn(progress, sorted(set(work.ids)))
    execute_bulk(delete(UnlearnedTicket).where(UnlearnedTicket.id.in_(work.notes)))
    progress.learned_to = max(progress.learned_to, work.last)
    _forget_oldest(progress)
    return len(work.ids) >= limit


def begin_anew() -> None:
    """Forget all that was learned, and learn from the first of the newest tickets on."""
    _begin_anew(_locked())


def left() -> int:
    """About how many tickets there are to learn, right after `begin_anew`."""
    return learnable.count(MAX_TICKETS)


def forget_all() -> None:
    """As if nothing had ever been learned: assistance is off."""
    for model in (LearnedFeature, LearnedTicket, LearnedLabel, UnlearnedTicket, LearningProgress):
        execute_bulk(delete(model))


def _locked() -> LearningProgress:
    insert_missing(LearningProgress, [_NOTHING])
    query = select(LearningProgress).with_for_update()
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def _begin_anew(progress: LearningProgress) -> None:
    for model in (LearnedFeature, LearnedTicket, UnlearnedTicket):
        execute_bulk(delete(model))
    # What was undone teaches as before.
    execute_bulk(delete(LearnedLabel).where(LearnedLabel.acts == 0))
    execute_bulk(update(LearnedLabel).values(tickets=0, features=0))
    progress.features_version = FEATURES_VERSION
    progress.learned_to = max(0, learnable.first_of_newest(MAX_TICKETS) - 1)
    progress.goal = learnable.newest_id()
    progress.tickets = 0
    progress.measured = {}
    progress.changes += 1


def _work(progress: LearningProgress, limit: int) -> _Work:
    notes = db.session.execute(
        select(UnlearnedTicket.id, UnlearnedTicket.ticket_id)
        .order_by(UnlearnedTicket.id)
        .limit(limit)
    ).all()
    new = learnable.after(progress.learned_to, limit - len(notes)) if len(notes) < limit else ()
    ids = [*(note.ticket_id for note in notes), *new]
    return _Work([note.id for note in notes], ids, new[-1] if new else 0)


def _learn(progress: LearningProgress, ids: Sequence[int]) -> None:
    before = _learned(ids)
    after = learnable.find(ids)
    changed = [of for of in ids if _version(before.get(of)) != _version(after.get(of))]
    if not changed:
        return
    out = [before[of] for of in changed if of in before]
    rows = _rows({of: after[of] for of in changed if of in after})
    _delete(out)
    if rows:
        kept = [row._asdict() | {"features": packed(row.features)} for row in rows]
        db.session.connection().execute(insert(LearnedTicket), kept)
    learned_counts.apply(list(map(_contribution, out)), list(map(_contribution, rows)))
    progress.tickets += len(rows) - len(out)
    progress.changes += len(changed)


def _forget_oldest(progress: LearningProgress) -> None:
    if (surplus := progress.tickets - MAX_TICKETS) <= 0:
        return
    rows = _kept(select(*_COLUMNS).order_by(LearnedTicket.ticket_id).limit(surplus))
    _delete(rows)
    learned_counts.apply(list(map(_contribution, rows)), [])
    progress.tickets -= len(rows)
    progress.changes += len(rows)


def _learned(ids: Sequence[int]) -> dict[int, _Row]:
    rows = _kept(select(*_COLUMNS).where(LearnedTicket.ticket_id.in_(ids)))
    return {row.ticket_id: row for row in rows}


def _kept(query: AnySelect) -> list[_Row]:
    return [
        _Row(row.ticket_id, row.version, row.labels, unpacked(row.features))
        for row in db.session.execute(query)
    ]


def _delete(rows: Sequence[_Row]) -> None:
    ids = [row.ticket_id for row in rows]
    execute_bulk(delete(LearnedTicket).where(LearnedTicket.ticket_id.in_(ids)))


def _version(one: _Row | Learnable | None) -> int | None:
    return one.version if one else None


def _rows(into: dict[int, Learnable]) -> list[_Row]:
    ids = learned_counts.label_ids(one.labels for one in into.values())
    rows = (attempt("ticket to learn", lambda of: _row(of, into[of], ids), of) for of in into)
    return [row for row in rows if row is not None]


def _row(of: int, one: Learnable, ids: Mapping[LabelKey, int]) -> _Row:
    known = (ids.get((target, name)) for target, names in one.labels.items() for name in names)
    found = sorted(features(one.subject, one.message))
    return _Row(of, one.version, sorted(label for label in known if label), found)


def _contribution(row: _Row) -> Contribution:
    return Contribution(row.labels, row.features)
