"""Whether mail goes out, in one statement."""

from typing import NamedTuple

from sqlalchemy import exists, func, literal_column, select

from portal.models.delivery import MailServer, Outbox, OutboxState
from portal.prepared import Prepared
from portal.queries.delivery.outbox import COUNT_CAP


class MailGlance(NamedTuple):
    """`parked` is counted up to COUNT_CAP; `is_away` as in `mail_server.state`."""

    waits: bool
    parked: int
    is_away: bool


_WAITS = exists().where(Outbox.state == OutboxState.PENDING)
_PARKED = (
    select(literal_column("1"))
    .select_from(Outbox)
    .where(Outbox.state == OutboxState.PARKED)
    .limit(COUNT_CAP)
    .subquery()
)
_AWAY = exists().where(MailServer.failing_since.is_not(None), MailServer.retry_at.is_not(None))
_GLANCE = Prepared(
    select(_WAITS, select(func.count()).select_from(_PARKED).scalar_subquery(), _AWAY),
    MailGlance._make,
)


def mail_glance() -> MailGlance:
    waits, parked, is_away = _GLANCE.one()
    return MailGlance(bool(waits), int(parked), bool(waits and is_away))
