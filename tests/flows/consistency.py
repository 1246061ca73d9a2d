"""Compares the request log with the pages, the database and the mail that arrived.

Read when the faults are over. Each check names what it found too much or too little.
"""

import hashlib
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import func, or_, select, text, update

from portal import clock
from portal.extensions import begin_write, db
from portal.models.delivery import MailServer, Outbox, OutboxState
from portal.models.tickets import Comment, EventKind, Ticket, TicketCount, TicketEvent
from portal.models.tickets.ticket import format_number
from portal.models.tickets.ticket_count import UNASSIGNED
from portal.queries.delivery import outbox
from tests.flows.desk import LEASE, Desk
from tests.flows.http_browser import CastBrowser
from tests.flows.load import Load
from tests.flows.request_log import MARKER, Action, Entry, RequestLog, State
from tests.sweeping import make_due

# Seconds from the end of a fault to the last mail.
_SETTLED_WITHIN = 300.0
_FILE = re.compile(r'href="(/tickets/REQ[0-9]+/attachments/[0-9]+)"')


def check(app: Flask, desk: Desk, load: Load, *, kills: int = 0) -> None:
    """Run every check. Readers use sessions from before the faults.

    `kills`: how many processes were killed that may have been sending a mail.
    """
    wait_until_delivered(app, desk)
    check_pages(load.request_log, load.customers)
    with app.app_context():
        check_tickets(load.request_log)
        check_mail(desk, load.request_log, app.config["SUPPORT_EMAIL"], kills)
        check_counts()
        check_integrity()


def wait_until_delivered(app: Flask, desk: Desk) -> None:
    """Wait until the outbox is empty, sweeping early."""
    deadline = time.monotonic() + _SETTLED_WITHIN
    next_sweep = 0.0
    while (waiting := _pending(app)) > 0:
        assert time.monotonic() < deadline, f"{waiting} mails still wait"
        if time.monotonic() > next_sweep:
            with app.app_context():
                make_due()
            desk.sweep_early()
            next_sweep = time.monotonic() + 2.0
        time.sleep(0.1)


def _pending(app: Flask) -> int:
    with app.app_context():
        return outbox.health().pending


def count_failing(app: Flask) -> int:
    """The number of mails that wait after a failed attempt."""
    with app.app_context():
        return outbox.health().failing


def forget_pauses(app: Flask) -> None:
    """Let mails that wait after a failed try be due, and the next be the probe of a server that
    was away: as if the minutes had passed."""
    with app.app_context():
        begin_write()
        resting = MailServer.retry_at.is_not(None)
        db.session.execute(update(MailServer).where(resting).values(retry_at=clock.now()))
        waiting = (Outbox.state == OutboxState.PENDING) & Outbox.lease.is_(None)
        db.session.execute(update(Outbox).where(waiting).values(due_at=clock.now()))
        db.session.commit()


def let_leases_run_out(app: Flask, taken_before: datetime) -> None:
    """As if the time had passed of whoever was sending mail until then, and has lost it."""
    with app.app_context():
        begin_write()
        lost = Outbox.lease.is_not(None) & (Outbox.due_at < taken_before + timedelta(seconds=LEASE))
        db.session.execute(update(Outbox).where(lost).values(due_at=clock.now()))
        db.session.commit()


def check_pages(request_log: RequestLog, readers: list[CastBrowser]) -> None:
    """Each acknowledged comment is shown once to its requester, with its files unchanged."""
    by_id = {reader.actor.id: reader for reader in readers}
    by_ticket: dict[tuple[str, int], list[Entry]] = defaultdict(list)
    for entry in request_log.all(State.ACKED):
        by_ticket[entry.number, entry.requester.id].append(entry)
    assert by_ticket, "nothing was acknowledged"
    for (number, requester_id), entries in by_ticket.items():
        reader = by_id[requester_id]
        page = reader.get(f"/tickets/{number}")
        assert page.status == 200, (number, page.status, page.location)
        shown = Counter(MARKER.findall(_without_files(page.text)))
        assert all(shown[entry.marker] == 1 for entry in entries), (number, shown, entries)
        sent = sorted(entry.sha256 for entry in entries if entry.sha256)
        stored = [reader.get(path) for path in sorted(set(_FILE.findall(page.text)))]
        assert {reply.status for reply in stored} <= {200}
        assert sorted(hashlib.sha256(reply.body).hexdigest() for reply in stored) == sent


def _without_files(page: str) -> str:
    return re.sub(r"mk[0-9a-f]+\.bin", "", page)


def check_tickets(request_log: RequestLog) -> None:
    """Each acknowledged comment exists once, with one event; no refused one exists."""
    sent = {entry.marker: entry for entry in request_log.entries}
    there: dict[str, Comment] = {}
    for comment in db.session.scalars(select(Comment)):
        (marker,) = MARKER.findall(comment.message)
        assert marker not in there, f"{marker} is there twice"
        there[marker] = comment
    assert set(there) <= set(sent)
    for entry in request_log.entries:
        found = there.get(entry.marker)
        assert entry.state != State.ACKED or found is not None, entry
        assert entry.state != State.REFUSED or found is None, entry
        if entry.number and found is not None:
            assert format_number(found.ticket_id) == entry.number, entry
    events = list(db.session.scalars(select(TicketEvent).order_by(TicketEvent.id)))
    of_comments = Counter(event.comment_id for event in events if event.comment_id)
    assert of_comments == Counter(comment.id for comment in there.values())
    by_ticket: dict[int, list[TicketEvent]] = defaultdict(list)
    for event in events:
        by_ticket[event.ticket_id].append(event)
    tickets = list(db.session.scalars(select(Ticket)))
    assert {ticket.id for ticket in tickets} == set(by_ticket)
    for ticket in tickets:
        check_history(ticket, by_ticket[ticket.id])


def check_history(ticket: Ticket, events: list[TicketEvent]) -> None:
    """The ticket's events lead to its present state, one for each version."""
    assert [event.kind for event in events].count(EventKind.FILED) == 1
    assert events[0].kind == EventKind.FILED
    assert ticket.version == len(events)
    status = "new"
    for event in events:
        if event.kind == EventKind.STATUS:
            assert event.data["from"] == status, (ticket.number, event.data)
            status = event.data["to"]
    assert status == ticket.status


def check_mail(desk: Desk, request_log: RequestLog, mailbox: str, kills: int) -> None:
    """Each (event, recipient) has its mail under one Message-ID; copies come from kills alone."""
    came: dict[tuple[str, str], list[str]] = defaultdict(list)
    for message in desk.mail.sink.taken[:]:
        body = message.get_body(("plain",))
        assert body is not None
        (marker,) = set(MARKER.findall(body.get_content()))
        came[marker, message["To"].addresses[0].addr_spec].append(message["Message-ID"])
    assert dict(came).keys() == set(_due(request_log, mailbox))
    assert all(len(set(ids)) == 1 for ids in came.values())
    ids = [one for ids in came.values() for one in ids]
    assert len(ids) - len(set(ids)) <= kills
    rows = db.session.execute(select(Outbox.message_id, Outbox.state)).all()
    assert {row.state for row in rows} == {OutboxState.SENT}
    assert sorted(row.message_id for row in rows) == sorted(set(ids))


def _due(request_log: RequestLog, mailbox: str) -> Iterator[tuple[str, str]]:
    """Who has to hear of what, for everything that is there."""
    there = set(MARKER.findall(" ".join(db.session.scalars(select(Comment.message)))))
    for entry in request_log.entries:
        if entry.marker in there:
            if entry.action in {Action.FILE, Action.REPLY}:
                yield entry.marker, entry.requester.email
            if entry.action in {Action.FILE, Action.ANSWER}:
                yield entry.marker, mailbox


def check_counts() -> None:
    """The kept counts are right."""
    assignee = func.coalesce(Ticket.assignee_id, UNASSIGNED)
    cells = select(Ticket.status, Ticket.priority, assignee, func.count())
    counted = db.session.execute(cells.group_by(Ticket.status, Ticket.priority, assignee))
    kept = db.session.execute(
        select(
            TicketCount.status, TicketCount.priority, TicketCount.assignee_id, TicketCount.tickets
        ).where(TicketCount.tickets != 0)
    )
    assert sorted(map(tuple, kept)) == sorted(map(tuple, counted))


def check_integrity() -> None:
    """No foreign key is dangling; SQLite reports no corruption."""
    for table in db.metadata.sorted_tables:
        for key in table.foreign_key_constraints:
            parent = key.referred_table.alias()
            pairs = [(element.parent, parent.c[element.column.name]) for element in key.elements]
            missing = or_(*(column.is_not(None) for column, _ in pairs)) & ~(
                select(text("1")).where(*(a == b for a, b in pairs)).exists()
            )
            orphans = db.session.scalar(select(func.count()).select_from(table).where(missing))
            assert orphans == 0, f"{table.name}: {orphans} without {key.referred_table.name}"
    if db.engine.dialect.name == "sqlite":
        assert db.session.scalar(text("PRAGMA integrity_check")) == "ok"
