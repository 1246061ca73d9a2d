"""Calls of the language model: what runs, what they cost today, and how the last ones ended."""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select

from portal import clock, i18n
from portal.extensions import db, setting
from portal.models.assistance import CallState, ModelCall, ModelDay
from portal.models.people import User
from portal.models.people.person import Person
from portal.queries.paging import AnyRow, Page, newest_page

PAGE = 50
# A call that is older and has not ended has lost its process: no call may take two minutes.
LOST = timedelta(minutes=3)
_LOOKED_AT = 3
_LATELY = timedelta(hours=1)


class Health(NamedTuple):
    """`is_failing`: the last calls of this hour all failed, with `reason`."""

    tokens: int
    budget: int
    is_failing: bool
    reason: str


def today() -> date:
    """The day in the desk's zone."""
    return now().date()


def now() -> datetime:
    return clock.now().astimezone(i18n.zone(setting("DESK_TIMEZONE")))


def tokens_today() -> int:
    return db.session.scalar(select(ModelDay.tokens).where(ModelDay.day == today())) or 0


def is_running(user_id: int) -> bool:
    """Whether a call of that person runs."""
    query = select(ModelCall.id).where(
        ModelCall.user_id == user_id,
        ModelCall.state == CallState.RUNNING,
        ModelCall.created_at > clock.now() - LOST,
    )
    return db.session.scalar(query.limit(1)) is not None


def page(cursor: int | None) -> Page[AnyRow]:
    """All calls, the newest first, with the Person of the caller."""
    query = select(
        ModelCall.id,
        ModelCall.created_at,
        ModelCall.task,
        ModelCall.state,
        ModelCall.reason,
        ModelCall.tokens,
        ModelCall.estimated,
        ModelCall.redacted,
        ModelCall.ticket_id,
        ModelCall.user_id,
        *Person.columns(User, "user_"),
    ).join(User, User.id == ModelCall.user_id)
    return newest_page(query, ModelCall.id, before=cursor, size=PAGE)


def health() -> Health | None:
    """None where there is no model."""
    if setting("AI") is None:
        return None
    query = (
        select(ModelCall.state, ModelCall.reason)
        .where(
            ModelCall.state.in_((CallState.ANSWERED, CallState.FAILED)),
            ModelCall.created_at > clock.now() - _LATELY,
        )
        .order_by(ModelCall.id.desc())
        .limit(_LOOKED_AT)
    )
    last = list(db.session.execute(query))
    failing = len(last) == _LOOKED_AT and all(row.state == CallState.FAILED for row in last)
    reason = last[0].reason if failing else ""
    return Health(tokens_today(), setting("AI_TOKENS_A_DAY"), failing, reason)
