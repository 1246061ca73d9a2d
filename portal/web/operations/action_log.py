"""The action log for pages: an entry for each event of a ticket or account."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Row

from portal.i18n import gettext
from portal.models.operations import ActionSource
from portal.models.people import AccountEventKind
from portal.models.people.user import format_id
from portal.models.tickets import EventKind
from portal.models.tickets.ticket import format_number
from portal.models.tickets.ticket_event import ValueType
from portal.queries.operations import action_log
from portal.queries.people import account_log, users
from portal.web.people import account_log as account_words
from portal.web.people.account_log import Entry
from portal.web.templating.labels import (
    PRIORITY_LABELS,
    RATING_LABELS,
    STATUS_LABELS,
    TYPE_LABELS,
)

SENTENCES: dict[str, Any] = {
    **{kind.value: kind.spec.sentence for kind in EventKind},
    **{kind.value: kind.spec.sentence for kind in AccountEventKind},
}


def entries(lines: list[Row[Any]]) -> list[Entry]:
    """Entries for rows of `queries.operations.action_log.page`."""
    accounts = account_log.by_ids(_sources(lines, ActionSource.ACCOUNT))
    tickets = action_log.event_data(ActionSource.TICKET, _sources(lines, ActionSource.TICKET))
    people = {n for line in lines for n in (line.actor_id, line.user_id) if n is not None}
    people |= {data["to"] for data in tickets.values() if isinstance(data.get("to"), int)}
    names = users.names(people)
    account_entries = {
        row.id: account_words.entries([row], reader_id=None)[0] for row in accounts.values()
    }
    return [
        replace(account_entries[line.source_id], id=line.id)
        if line.source == ActionSource.ACCOUNT and line.source_id in account_entries
        else _entry(line, tickets.get(line.source_id, {}), names)
        for line in lines
    ]


def _sources(lines: list[Row[Any]], source: ActionSource) -> list[int]:
    return [line.source_id for line in lines if line.source == source]


def _entry(line: Row[Any], data: Mapping[str, Any], names: Mapping[int, str]) -> Entry:
    of_ticket = line.ticket_id is not None
    number = format_id(line.user_id) if line.user_id else ""
    return Entry(
        id=line.id,
        created_at=line.at,
        sentence=str(SENTENCES.get(line.kind, line.kind)),
        detail=_detail(line.kind, data, names) if of_ticket else "",
        by=names.get(line.actor_id, "") if line.actor_id != line.user_id else "",
        by_number=format_id(line.actor_id) if line.actor_id else "",
        address="",
        device="",
        person=names.get(line.user_id, number),
        person_number=number,
        ticket=format_number(line.ticket_id) if of_ticket else "",
    )


_LABELS: dict[ValueType | None, Mapping[Any, object]] = {
    ValueType.STATUS: STATUS_LABELS,
    ValueType.PRIORITY: PRIORITY_LABELS,
    ValueType.TYPE: TYPE_LABELS,
    ValueType.RATING: RATING_LABELS,
}


def _detail(kind: str, data: Mapping[str, Any], names: Mapping[int, str]) -> str:
    """What was changed: from what to what, in labels."""
    known = EventKind.known(kind)
    value = known.spec.value if known else None
    if value is ValueType.PERSON:
        return names.get(data.get("to") or 0, gettext("nobody"))
    if value is ValueType.PARTICIPANT:
        return str(data.get("name", ""))
    labels: Mapping[Any, object] = _LABELS.get(value, {})
    old, new = (data.get(end) for end in ("from", "to"))
    if not labels or new is None:
        return ""
    if old is None:
        return str(labels.get(new, new))
    ends = {"old": labels.get(old, old), "new": labels.get(new, new)}
    return gettext("from %(old)s to %(new)s", **ends)


def is_kind(word: str) -> bool:
    """Whether `word` is a kind of event."""
    return word in set(EventKind) or word in set(AccountEventKind)
