"""Exports of the desk's tables: asking, calling off, and their states while a worker writes them.

Rows are leased like mails (`services.delivery.leases`). Functions that leave files without a row
return their storage keys; the caller deletes those after the commit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl

from sqlalchemy import select

from portal import clock
from portal.errors import Invalid, TooManyExports
from portal.extensions import db, setting
from portal.i18n import force_locale
from portal.models.delivery import NoticeKind
from portal.models.operations import FileFormat, TableExport, TableExportState, TableKind
from portal.models.operations.table_export import OF_TICKETS, OPEN_TABLE_EXPORT, TABLE_LABELS
from portal.models.people import AccountEventKind, Actor, User
from portal.queries.operations import table_exports
from portal.queries.operations.export_tables.tables import TABLES
from portal.queries.tickets.lists import typed_query
from portal.queries.tickets.lists.ticket_filter import TicketFilter
from portal.queueing import Job, enqueue_after_commit
from portal.security import permissions
from portal.security.people.step_up import sensitive
from portal.services.delivery import leases, mail_notifications
from portal.services.delivery.leases import Lease
from portal.services.people import account_log
from portal.storage import Stored

LEASE = timedelta(minutes=2)
MAX_ATTEMPTS = 3
# Of one person, waiting or being written.
MAX_OPEN = 5
# Names in the address of the queue; `open` is the ticket beside the list.
_KNOWN = {field.name for field in fields(TicketFilter)} | {"open"}
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=20), timedelta(minutes=1)


@dataclass(frozen=True)
class Order:
    """What is asked for. `query` is a filter as the queue's address has it.

    `until` is exclusive.
    """

    kind: TableKind
    format: FileFormat = FileFormat.CSV
    columns: Sequence[str] = ()
    query: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def checked(self, actor: Actor) -> "Order":
        """The same with the columns that are meant, and the filter in full. Raises Invalid."""
        known = TABLES[self.kind].columns
        columns = tuple(dict.fromkeys(self.columns)) or TABLES[self.kind].usual
        if set(columns) - known.keys():
            raise Invalid(columns="unknown")
        if self.since and self.until and self.since >= self.until:
            raise Invalid(until="ends_before")
        query = _whole_query(actor, self.query) if self.kind in OF_TICKETS else ""
        return Order(self.kind, self.format, columns, query, self.since, self.until)


def _whole_query(actor: Actor, query: str) -> str:
    """The filter without what is the page's own: cursor, order, and the saved view's id."""
    args = dict(parse_qsl(query))
    # To leave out a word that nobody knows would export more than was meant.
    if args.keys() - _KNOWN:
        raise Invalid(q="mistaken")
    wanted = TicketFilter.from_args(args)
    if typed_query.understand(actor, wanted).mistakes:
        raise Invalid(q="mistaken")
    return TicketFilter.to_query(wanted, saved="", sort=wanted.view.sort)


@sensitive
def ask(*, actor: Actor, order: Order) -> TableExport:
    """A new export, which a worker writes; the open one of the same if there is one.

    Raises Invalid, TooManyExports.
    """
    permissions.require(permissions.can_export(actor))
    order = order.checked(actor)
    open_ones = table_exports.open_ones(actor.id, MAX_OPEN)
    for export in open_ones:
        if _order_of(export) == order:
            return export
    if len(open_ones) == MAX_OPEN:
        raise TooManyExports
    return add(actor.id, order)


@sensitive
def ask_again(*, actor: Actor, export_id: int) -> TableExport:
    """A new export of the same as that one, which has ended."""
    before = table_exports.find(actor, export_id)
    return ask(actor=actor, order=_order_of(before))


def cancel(*, actor: Actor, export_id: int) -> bool:
    """Call off an export that is waiting or being written; False when it has ended."""
    export = table_exports.find(actor, export_id, lock=True)
    return leases.change(
        TableExport,
        (TableExport.id == export.id) & TableExport.state.in_(OPEN_TABLE_EXPORT),
        state=TableExportState.CANCELLED,
        lease=None,
        finished_at=clock.now(),
    )


@sensitive
def record_fetch(*, actor: Actor, export: TableExport) -> None:
    """Record the download."""
    user = db.session.get_one(User, actor.id)
    _record(user, AccountEventKind.TABLE_EXPORT_FETCHED, export, rows=export.rows)


def add(user_id: int, order: Order) -> TableExport:
    """A new export for `user_id`, whose right was asked for, of an order that was checked."""
    moment = clock.now()
    export = TableExport(
        user_id=user_id,
        kind=order.kind,
        format=order.format,
        columns=list(order.columns),
        query=order.query,
        since=order.since,
        until=order.until,
        state=TableExportState.WAITING,
        progress=0,
        rows=0,
        attempts=0,
        created_at=moment,
        due_at=moment,
    )
    db.session.add(export)
    db.session.flush()  # the caller needs its id
    user = db.session.get_one(User, user_id)
    _record(user, AccountEventKind.TABLE_EXPORT_ASKED, export)
    enqueue_after_commit(db.session(), Job.EXPORT_TABLE, export.id)
    return export


def claim(export_id: int) -> Lease | None:
    """The lease on a due export; None when it is not due or another worker has it."""
    return leases.claim(
        TableExport,
        export_id,
        TableExport.attempts < MAX_ATTEMPTS,
        span=LEASE,
        state=TableExportState.RUNNING,
        progress=0,
        rows=0,
    )


def reason_not_to_write(user: User) -> str | None:
    """Why the export must not be made any more, or None."""
    if not user.is_active:
        return "the account is disabled"
    return None if permissions.can_export(user.actor) else "the account may not export any more"


def advance(lease: Lease, percent: int, rows: int) -> bool:
    """Record the progress and renew the lease; False when it was lost, or called off."""
    return leases.renew(TableExport, lease, span=LEASE, progress=percent, rows=rows)


def finish(lease: Lease, stored: Stored, rows: int) -> list[str]:
    """Store the finished file and notify the asker; returns storage keys of unneeded files."""
    export = db.session.get_one(TableExport, lease.row_id, populate_existing=True)
    user = db.session.get_one(User, export.user_id, populate_existing=True)
    if (reason := reason_not_to_write(user)) is not None:
        refuse(lease, reason)
        return [stored.key]
    now = clock.now()
    done = leases.settle(
        TableExport,
        lease,
        TableExportState.READY,
        progress=100,
        rows=rows,
        storage_key=stored.key,
        size=stored.size,
        error=None,
        finished_at=now,
        expires_at=now + setting("EXPORT_RETENTION"),
        due_at=now + setting("EXPORT_RETENTION"),
    )
    if not done:
        return [stored.key]
    _notify(user, NoticeKind.TABLE_EXPORT_READY, export)
    return []


def fail(lease: Lease, reason: str) -> bool:
    """Retry after a pause, or fail after the last try."""
    if lease.attempt >= MAX_ATTEMPTS:
        return refuse(lease, reason)
    pause = leases.backoff(lease.attempt, first=_FIRST_PAUSE, longest=_LONGEST_PAUSE)
    return leases.postpone(TableExport, lease, reason[:300], pause)


def refuse(lease: Lease, reason: str) -> bool:
    """Fail without another try, and tell who asked for it."""
    ended: dict[str, Any] = {"error": reason[:300], "finished_at": clock.now()}
    done = leases.settle(TableExport, lease, TableExportState.FAILED, **ended)
    if done:
        _notify_failed(lease.row_id)
    return done


def give_up() -> None:
    """Fail exports whose worker died at every try."""
    ended = leases.due(TableExport) & (TableExport.attempts >= MAX_ATTEMPTS)
    for export_id in db.session.scalars(select(TableExport.id).where(ended)).all():
        leases.change(
            TableExport,
            ended & (TableExport.id == export_id),
            state=TableExportState.FAILED,
            lease=None,
            error="the worker died while writing it",
            finished_at=clock.now(),
        )
        _notify_failed(export_id)


def expire(limit: int) -> list[str]:
    """Expire up to `limit` exports that are due to; return their storage keys."""
    ids = table_exports.due([TableExportState.READY], limit)
    found = db.session.execute(
        select(TableExport.id, TableExport.storage_key)
        .where(TableExport.id.in_(ids), TableExport.state == TableExportState.READY)
        .with_for_update()
    ).all()
    if found:
        expired: Mapping[str, Any] = {"state": TableExportState.EXPIRED, "storage_key": None}
        leases.change(TableExport, TableExport.id.in_([row.id for row in found]), **expired)
    return [row.storage_key for row in found if row.storage_key]


def _order_of(export: TableExport) -> Order:
    return Order(
        TableKind(export.kind),
        FileFormat(export.format),
        tuple(export.columns),
        export.query,
        export.since,
        export.until,
    )


def _record(user: User, kind: AccountEventKind, export: TableExport, **more: Any) -> None:
    about = {"export": export.id, "table": export.kind, "format": export.format, **more}
    account_log.record(user=user, kind=kind, actor=user.actor, **about)


def _notify_failed(export_id: int) -> None:
    export = db.session.get_one(TableExport, export_id)
    user = db.session.get_one(User, export.user_id)
    if user.is_active:
        _notify(user, NoticeKind.TABLE_EXPORT_FAILED, export)


def _notify(user: User, kind: NoticeKind, export: TableExport) -> None:
    with force_locale(user.locale):
        about = f"{TABLE_LABELS[export.kind]} ({export.format.upper()})"
    mail_notifications.account_notice(user, kind, about=about, tells_where=False)
