"""Whether mail goes out and comes in, in one statement."""

from typing import NamedTuple

from sqlalchemy import Boolean, and_, bindparam, exists, func, literal_column, or_, select

from portal import clock
from portal.models.base import UtcDateTime
from portal.models.delivery import MailServer, Outbox, OutboxState
from portal.models.inbound import InboundMessage, InboundState, Mailbox
from portal.models.inbound.mailbox import MailboxWay
from portal.models.operations import Heartbeat, HeartbeatName
from portal.prepared import Prepared
from portal.queries.delivery.outbox import COUNT_CAP
from portal.queries.inbound.health import SILENCE_LIMIT, is_brought
from portal.queries.inbound.messages import WAITING_FOR_STAFF


class MailGlance(NamedTuple):
    """`parked` and `undecided` are counted up to COUNT_CAP; `is_away` as in `mail_server.state`.

    `is_silent`: for too long mail was not fetched, taken from its server, or read.
    """

    waits: bool
    parked: int
    is_away: bool
    is_silent: bool
    undecided: int


_WAITS = exists().where(Outbox.state == OutboxState.PENDING)
_PARKED = (
    select(literal_column("1"))
    .select_from(Outbox)
    .where(Outbox.state == OutboxState.PARKED)
    .limit(COUNT_CAP)
    .subquery()
)
_UNDECIDED = (
    select(literal_column("1"))
    .select_from(InboundMessage)
    .where(InboundMessage.state.in_(WAITING_FOR_STAFF))
    .limit(COUNT_CAP)
    .subquery()
)
_AWAY = exists().where(MailServer.failing_since.is_not(None), MailServer.retry_at.is_not(None))
_PAST = bindparam("past", type_=UtcDateTime)
_FETCHED_AT = func.coalesce(Mailbox.failing_since, Mailbox.last_success_at, Mailbox.created_at)
_SEEN = exists().where(Heartbeat.name == HeartbeatName.INBOUND, Heartbeat.beat_at >= _PAST)
_SILENT = or_(
    exists().where(Mailbox.is_active, Mailbox.way == MailboxWay.IMAP, _FETCHED_AT < _PAST),
    exists().where(InboundMessage.state == InboundState.RECEIVED, InboundMessage.due_at < _PAST),
    and_(bindparam("is_brought", type_=Boolean), ~_SEEN),
)
_GLANCE = Prepared(
    select(
        _WAITS,
        select(func.count()).select_from(_PARKED).scalar_subquery(),
        _AWAY,
        _SILENT,
        select(func.count()).select_from(_UNDECIDED).scalar_subquery(),
    ),
    MailGlance._make,
)


def mail_glance() -> MailGlance:
    values = {"past": clock.now() - SILENCE_LIMIT, "is_brought": is_brought()}
    waits, parked, is_away, is_silent, undecided = _GLANCE.one(values)
    return MailGlance(
        bool(waits), int(parked), bool(waits and is_away), bool(is_silent), int(undecided)
    )
