"""What assistance has to do, and how far it has come: for sweeps, pages, `doctor` and metrics."""

from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import func, select

from portal import clock
from portal.extensions import db
from portal.models.assistance import (
    AssistanceAct,
    LearnedLabel,
    LearningProgress,
    UnassistedTicket,
    UnlearnedTicket,
)

# Until then its own job is expected to look at it.
_JOB_LOST = timedelta(minutes=1)
# Somebody may have looked at it by then, and expects no more surprises.
TOO_LATE = timedelta(hours=1)
_MANY = 1000


class State(NamedTuple):
    """`waiting`: changes of tickets that are not learned yet, up to a thousand."""

    progress: LearningProgress | None
    waiting: int
    acts: int
    undone: int


def state() -> State:
    some = select(UnlearnedTicket.id).limit(_MANY).subquery()
    sums = select(func.sum(LearnedLabel.acts), func.sum(LearnedLabel.undone))
    acts, undone = db.session.execute(sums).one()
    return State(
        db.session.scalar(select(LearningProgress)),
        db.session.scalar(select(func.count()).select_from(some)) or 0,
        acts or 0,
        undone or 0,
    )


def unassisted(limit: int) -> list[int]:
    """New tickets whose job was lost, the oldest first."""
    now = clock.now()
    query = select(UnassistedTicket.ticket_id).where(
        UnassistedTicket.created_at.between(now - TOO_LATE, now - _JOB_LOST)
    )
    return list(db.session.scalars(query.order_by(UnassistedTicket.ticket_id).limit(limit)))


def acts_of(ticket_id: int) -> list[AssistanceAct]:
    """What was set at that ticket, and not undone."""
    query = select(AssistanceAct).where(
        AssistanceAct.ticket_id == ticket_id, AssistanceAct.undone_at.is_(None)
    )
    return list(db.session.scalars(query.order_by(AssistanceAct.target)))
