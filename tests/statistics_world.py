"""Tickets with made-up dates over the change to summer time, and what they come to when one counts
them one by one.

Their kinds come from the CSV file of tickets that LODGE_TICKETS names, else from a few of our own.
"""

import csv
import math
import os
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select

from portal.extensions import db
from portal.models.statistics import Dimension, Measure
from portal.models.tickets import (
    DONE,
    Channel,
    EventKind,
    FirstType,
    Priority,
    Rating,
    SearchDocument,
    Tag,
    Ticket,
    TicketEvent,
    TicketStatus,
    TicketTag,
)
from portal.queries.statistics.durations import step
from portal.queries.statistics.period import Period
from portal.queries.statistics.tally import Sums
from portal.services.tickets import counts, tags
from tests.cast import Cast

ZONE = ZoneInfo("Europe/Berlin")
# Clocks go forward on 30 March: that day has no hour from 2 to 3.
FIRST, LAST = date(2025, 3, 1), date(2025, 4, 20)
NOW = datetime(2025, 4, 21, 10, 30, tzinfo=UTC)
PERIOD = Period(date(2025, 3, 22), date(2025, 4, 10))
_DEPARTMENTS = ("", "Billing", "Техника", "IT Support")
_LANGUAGES = ("en", "de", "ru", "")
_TAGS = ("crash", "vpn", "printer", "invoice", "login")


def _rows(number: int, rng: random.Random) -> Iterator[dict[str, str]]:
    if path := os.environ.get("LODGE_TICKETS"):
        with open(path, encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)
        return
    for _ in range(number):
        yield {
            "type": rng.choice(["", *FirstType]),
            "queue": rng.choice(_DEPARTMENTS),
            "priority": rng.choice([priority.word for priority in Priority]),
            "language": rng.choice(_LANGUAGES),
            "tags": " ".join(rng.sample(_TAGS, rng.randint(0, 3))),
        }


def fill(cast: Cast, number: int = 200, seed: int = 1) -> list[int]:
    """Tickets as an old desk would have left them; their ids. Nothing is counted, nor noted."""
    rng = random.Random(seed)
    rows, names = [], []
    for row in _rows(number, rng):
        rows.append(_ticket(row, cast, rng))
        names.append(sorted({word[:66] for word in row["tags"].lower().split()}))
    statement = insert(Ticket).returning(Ticket.id, sort_by_parameter_order=True)
    ids = list(db.session.scalars(statement, rows))
    known = tags.ids_for(sorted({name for some in names for name in some}))
    links = [
        {"ticket_id": of, "tag_id": known[name]}
        for of, some in zip(ids, names, strict=True)
        for name in some
    ]
    db.session.execute(insert(TicketTag), links)
    documents = [{"ticket_id": of, "public": "", "internal": ""} for of in ids]
    db.session.execute(insert(SearchDocument), documents)
    _reopen(ids, rows, rng)
    keys = (
        counts.CountKey(row["status"], row["priority"], row["assignee_id"] or 0) for row in rows
    )
    counts.apply(Counter(keys))
    return ids


def _ticket(row: dict[str, str], cast: Cast, rng: random.Random) -> dict[str, Any]:
    filed = _moment(rng, FIRST, LAST)
    status = rng.choice(list(TicketStatus))
    answered = filed + timedelta(seconds=int(10 ** rng.uniform(1, 5.5)))
    solved = filed + timedelta(seconds=int(10 ** rng.uniform(2, 6)))
    rated = rng.choice([None, None, *Rating]) if status in DONE else None
    solved = min(solved, NOW)
    requester = rng.choice([cast.ann, cast.bob, cast.carl])
    return {
        "organization_id": requester.organization_id,
        "requester_id": requester.id,
        "assignee_id": rng.choice([None, cast.sam.id, cast.sue.id]),
        "subject": "Matter",
        "status": status.value,
        "priority": int(Priority.from_word(row["priority"])),
        "type": row["type"].lower() or None,
        "department": row["queue"] or None,
        "language": row["language"] or None,
        "channel": rng.choice(list(Channel)).value,
        "created_at": filed,
        "updated_at": max(filed, solved),
        "first_response_at": answered if answered < NOW and rng.random() < 0.8 else None,
        "solved_at": solved if status in DONE else None,
        "rating": rated.value if rated else None,
        "rated_at": min(solved + timedelta(hours=30), NOW) if rated else None,
        "last_message_id": 0,
    }


def _moment(rng: random.Random, first: date, last: date) -> datetime:
    seconds = (last - first).days * 86_400
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    return start + timedelta(seconds=rng.randint(0, seconds))


def _reopen(ids: Sequence[int], rows: Sequence[dict[str, Any]], rng: random.Random) -> None:
    events = []
    for of, row in zip(ids, rows, strict=True):
        if row["status"] == TicketStatus.OPEN and rng.random() < 0.5:
            for _ in range(rng.randint(1, 2)):
                at = min(row["created_at"] + timedelta(hours=rng.randint(1, 300)), NOW)
                events.append(_reopening(of, row["requester_id"], at))
    events.sort(key=lambda event: event["created_at"])
    db.session.execute(insert(TicketEvent), events)


def _reopening(ticket_id: int, actor_id: int, at: datetime) -> dict[str, Any]:
    return {
        "ticket_id": ticket_id,
        "actor_id": actor_id,
        "kind": EventKind.STATUS,
        "data": {"from": "solved", "to": "open"},
        "created_at": at,
    }


def _day(moment: datetime) -> date:
    return moment.astimezone(ZONE).date()


def plainly_counted(period: Period, assignee_id: int | None = -1) -> Sums:
    """All numbers of a period, from the tickets themselves; -1 is everybody's."""
    found: Sums = defaultdict(Counter)
    for ticket in db.session.scalars(select(Ticket).where(Ticket.deleted_at.is_(None))):
        if assignee_id not in {-1, ticket.assignee_id}:
            continue
        took = (ticket.first_response_at, ticket.solved_at)
        answer, solution = (
            str(step(math.floor((end - ticket.created_at).total_seconds()))) if end else ""
            for end in took
        )
        for measure, moment in _moments(ticket):
            if moment is None or _day(moment) not in period:
                continue
            found[measure, Dimension.TOTAL][""] += 1
            if measure is Measure.ANSWERED:
                found[measure, Dimension.DURATION][answer] += 1
            if measure is Measure.SOLVED:
                found[measure, Dimension.DURATION][solution] += 1
            if measure in {Measure.FILED, Measure.SOLVED}:
                for dimension, value in _kinds(ticket):
                    found[measure, dimension][value] += 1
            if measure is Measure.FILED:
                local = moment.astimezone(ZONE)
                hour = local.isoweekday() * 24 - 24 + local.hour
                found[measure, Dimension.HOUR][str(hour)] += 1
    return {key: values for key, values in found.items() if values}


def _moments(ticket: Ticket) -> list[tuple[Measure, datetime | None]]:
    done = ticket.status in DONE
    events = select(TicketEvent).where(
        TicketEvent.ticket_id == ticket.id, TicketEvent.kind == EventKind.STATUS
    )
    reopened = [
        event.created_at
        for event in db.session.scalars(events)
        if event.data["from"] in DONE and event.data["to"] not in DONE
    ]
    return [
        (Measure.FILED, ticket.created_at),
        (Measure.UNSOLVED, None if done else ticket.created_at),
        (Measure.ANSWERED, ticket.first_response_at),
        (Measure.SOLVED, ticket.solved_at),
        (Measure.REOPENED, max(reopened, default=None)),
        (Measure.GOOD, ticket.rated_at if ticket.rating == "good" else None),
        (Measure.BAD, ticket.rated_at if ticket.rating == "bad" else None),
    ]


def _kinds(ticket: Ticket) -> list[tuple[Dimension, str]]:
    names = db.session.scalars(
        select(Tag.name).join(TicketTag).where(TicketTag.ticket_id == ticket.id)
    )
    return [
        (Dimension.STATUS, ticket.status),
        (Dimension.PRIORITY, str(ticket.priority)),
        (Dimension.CHANNEL, ticket.channel),
        (Dimension.TYPE, ticket.type or ""),
        (Dimension.DEPARTMENT, ticket.department or ""),
        (Dimension.LANGUAGE, ticket.language or ""),
        (Dimension.ASSIGNEE, str(ticket.assignee_id or "")),
        *((Dimension.TAG, name) for name in names),
    ]
