"""Reads of the outbox: due mails, and backlog sizes."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar

from sqlalchemy import case, exists, func, literal, select, tuple_

from portal import clock
from portal.extensions import db
from portal.models.base import UtcDateTime
from portal.models.delivery import MailServer, Outbox, OutboxState
from portal.queries.paging import (
    AnyRow,
    Page,
    make_page,
    moment_to_number,
    newest_page,
    number_to_moment,
    parse_cursor,
    parse_id_cursor,
)

# Larger backlogs are not counted exactly.
COUNT_CAP = 1000
PAGE = 50
_REASONS = 20
# Prefix of the reason of mails that could not be composed, because of a bug.
UNCOMPOSABLE = "cannot be made"
_KEY = tuple_(Outbox.due_at, Outbox.id)
_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Health:
    """Backlog sizes, counted up to COUNT_CAP.

    `failing` are pending after a failed try; `uncomposable` are parked because composing them
    failed.
    """

    pending: int
    failing: int
    parked: int
    uncomposable: int
    oldest_pending_at: datetime | None


def count_due(most: int) -> int:
    """Number of due mails, at most `most`."""
    due = (
        select(Outbox.id)
        .where(Outbox.state == OutboxState.PENDING, Outbox.due_at <= clock.now())
        .order_by(Outbox.due_at)
        .limit(most)
        .subquery()
    )
    return db.session.scalar(select(func.count()).select_from(due)) or 0


def page(state: OutboxState | None = None, limit: int = PAGE) -> list[Outbox]:
    """The newest mails; of one state, the latest by due date."""
    if state is None:
        query = select(Outbox).order_by(Outbox.id.desc())
    else:
        query = select(Outbox).where(Outbox.state == state)
        query = query.order_by(Outbox.due_at.desc(), Outbox.id.desc())
    return list(db.session.scalars(query.limit(limit)))


class ParkedReason(NamedTuple):
    """`reason` as it is stored; how many of the newest COUNT_CAP were parked for it."""

    reason: str
    number: int
    newest_at: datetime


def parked_reasons() -> list[ParkedReason]:
    """Why mails were given up, the most frequent first; of the newest COUNT_CAP."""
    newest = (
        select(Outbox.error, Outbox.due_at)
        .where(Outbox.state == OutboxState.PARKED)
        .order_by(Outbox.due_at.desc())
        .limit(COUNT_CAP)
        .subquery()
    )
    reason = func.coalesce(newest.c.error, "").label("reason")
    number = func.count().label("number")
    query = select(reason, number, func.max(newest.c.due_at).label("newest_at")).group_by(reason)
    rows = db.session.execute(query.order_by(number.desc(), reason).limit(_REASONS))
    return [ParkedReason(*row) for row in rows]


def parked_for(reason: str, most: int) -> list[int]:
    """Ids of up to `most` mails that were parked for exactly that reason."""
    query = select(Outbox.id).where(
        Outbox.state == OutboxState.PARKED, func.coalesce(Outbox.error, "") == reason
    )
    return list(db.session.scalars(query.order_by(Outbox.due_at).limit(most)))


def states() -> dict[OutboxState, int]:
    """How many mails are in each state, up to COUNT_CAP."""
    found = {}
    for state in OutboxState:
        some = select(Outbox.id).where(Outbox.state == state).limit(COUNT_CAP).subquery()
        found[state] = db.session.scalar(select(func.count()).select_from(some)) or 0
    return found


def newest(state: OutboxState | None, cursor: str = "") -> Page[AnyRow]:
    """A page of mails, of one state by due date, of all by age."""
    columns = (
        Outbox.id, Outbox.template, Outbox.recipient, Outbox.state, Outbox.attempts,
        Outbox.due_at, Outbox.sent_at, Outbox.error,
    )  # fmt: skip
    if state is None:
        return newest_page(select(*columns), Outbox.id, before=parse_id_cursor(cursor), size=PAGE)
    query = select(*columns).where(Outbox.state == state)
    if cursor:
        moment, outbox_id = parse_cursor(cursor, 2)
        query = query.where(
            tuple_(literal(number_to_moment(moment), UtcDateTime), outbox_id) > _KEY
        )
    query = query.order_by(Outbox.due_at.desc(), Outbox.id.desc()).limit(PAGE + 1)
    rows = list(db.session.execute(query))
    return make_page(rows, PAGE, lambda row: f"{moment_to_number(row.due_at)}.{row.id}")


def ids_in_state(state: OutboxState) -> list[int]:
    """Ids of all mails in `state`, by due date."""
    query = select(Outbox.id).where(Outbox.state == state)
    return list(db.session.scalars(query.order_by(Outbox.due_at, Outbox.id)))


def parked_among(ids: Collection[int]) -> list[tuple[int, str, str]]:
    """Id, recipient and template of those of `ids` that are parked."""
    query = select(Outbox.id, Outbox.recipient, Outbox.template).where(
        Outbox.id.in_(ids), Outbox.state == OutboxState.PARKED
    )
    return [(row.id, row.recipient, row.template) for row in db.session.execute(query)]


def health() -> Health:
    """Backlog sizes for admins and `doctor`. Takes the same time however large the outbox is."""
    waiting = (
        select(Outbox.created_at, Outbox.error)
        .where(Outbox.state == OutboxState.PENDING)
        .order_by(Outbox.due_at)
        .limit(COUNT_CAP)
        .subquery()
    )
    pending = db.session.execute(
        select(
            func.count().label("all"),
            func.count(waiting.c.error).label("failing"),
            func.min(waiting.c.created_at).label("oldest"),
        ).select_from(waiting)
    ).one()
    parked = _parked()
    return Health(pending.all, pending.failing, parked.all, parked.uncomposable, pending.oldest)


def count_uncomposable() -> int:
    """Number of parked mails that could not be composed, among the newest COUNT_CAP."""
    return int(_parked().uncomposable)


def _parked() -> AnyRow:
    # The limit is on parked mails, not on matches: health probes run this every second.
    newest = (
        select(Outbox.error)
        .where(Outbox.state == OutboxState.PARKED)
        .order_by(Outbox.due_at.desc())
        .limit(COUNT_CAP)
        .subquery()
    )
    ours = newest.c.error.startswith(UNCOMPOSABLE, autoescape=True)
    counted = select(func.count().label("all"), func.count(case((ours, 1))).label("uncomposable"))
    return db.session.execute(counted.select_from(newest)).one()


def overdue() -> timedelta:
    """How long the longest due mail has waited for a worker; zero if none is due.

    A mail between two tries is not due, so one bad address is no backlog. While the mail server is
    unreachable this is zero (see `queries.delivery.mail_server`).
    """
    now = clock.now()
    away = exists().where(MailServer.retry_at.is_not(None))
    first = db.session.scalar(
        select(func.min(Outbox.due_at)).where(Outbox.state == OutboxState.PENDING, ~away)
    )
    return max(timedelta(0), now - first) if first else timedelta(0)


def added_since(template: str, recipient: str, since: datetime) -> bool:
    """Whether a mail without an event was added for `recipient` after `since`."""
    query = (
        select(Outbox.id)
        .where(
            Outbox.event_id.is_(None),
            Outbox.template == template,
            Outbox.recipient == recipient,
            Outbox.created_at > since,
        )
        .limit(1)
    )
    return db.session.scalar(query) is not None
