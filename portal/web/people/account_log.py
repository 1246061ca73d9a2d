"""The account log for pages: an entry for each event, with what it was about."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from portal.i18n import gettext, ngettext
from portal.models.operations.table_export import TABLE_LABELS
from portal.models.people import AccountEventKind, Right
from portal.models.people.account_event import DetailType
from portal.models.people.person import name_of
from portal.models.people.user import format_id
from portal.security.people.devices import device_name
from portal.settings.registry import SETTINGS
from portal.web.templating.labels import (
    BULK_LABELS,
    EVERY_LABELS,
    FIELD_LABELS,
    ORGANIZATION_ROLE_LABELS,
    RIGHT_LABELS,
    ROLE_LABELS,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. `by` is who did it if it was somebody else; `person` whom it concerns.

    In the action log it may concern a `ticket` (its number) instead.
    """

    id: int
    created_at: datetime
    sentence: str
    detail: str
    by: str
    address: str
    device: str
    person: str
    person_number: str
    ticket: str = ""
    # Of `by`, for whoever may see that person's page.
    by_number: str = ""


def entries(rows: list[Row[Any]], *, reader_id: int | None) -> list[Entry]:
    """Entries for rows of `queries.people.account_log.page`.

    `reader_id` is the owner who reads their own log: they do not learn the address and device of
    somebody else who did something to the account. None: an admin reads, who sees those too.
    """
    return [_entry(row, reader_id) for row in rows]


def staff_entries(rows: list[Row[Any]]) -> list[Entry]:
    """The same for staff, who read neither addresses nor devices: those guard the account."""
    return [replace(_entry(row, None), address="", device="") for row in rows]


def _entry(row: Row[Any], reader_id: int | None) -> Entry:
    by_another = row.actor_id is not None and row.actor_id != row.user_id
    hidden = by_another and reader_id is not None
    actor = name_of(row, "actor_") if by_another else ""
    kind = AccountEventKind.known(row.kind)
    return Entry(
        id=row.id,
        created_at=row.created_at,
        sentence=str(kind.spec.sentence) if kind else row.kind,
        detail=_DETAILS[kind.spec.detail](row.data) if kind else "",
        by=actor,
        address="" if hidden else row.address,
        device="" if hidden or not row.user_agent else device_name(row.user_agent),
        person=name_of(row) if row.user_id else "",
        person_number=format_id(row.user_id) if row.user_id else "",
        by_number=format_id(row.actor_id) if by_another and not hidden else "",
    )


def _named(data: Mapping[str, Any]) -> str:
    """The name or address that the event is about."""
    return str(data.get("name") or data.get("email") or "")


def _key(data: Mapping[str, Any]) -> str:
    return f"{data.get('name', '')} ({data.get('prefix', '')}…)"


def _session(data: Mapping[str, Any]) -> str:
    return ", ".join(filter(None, (device_name(data.get("device", "")), data.get("from_address"))))


def _fields(data: Mapping[str, Any]) -> str:
    return ", ".join(str(FIELD_LABELS.get(name, name)) for name in data.get("fields", ()))


def _table(data: Mapping[str, Any]) -> str:
    table = TABLE_LABELS.get(data.get("table", ""), data.get("table", ""))
    name = f"{table} ({str(data.get('format', '')).upper()})"
    rows = data.get("rows")
    if rows is None:
        return name
    return f"{name}, {ngettext('%(num)d row', '%(num)d rows', rows)}"


def _schedule(data: Mapping[str, Any]) -> str:
    every = EVERY_LABELS.get(data.get("every", ""), data.get("every", ""))
    return f"{_table(data)}: {every}" if "table" in data else str(every)


def _from_to(labels: Mapping[str, object]) -> Callable[[Mapping[str, Any]], str]:
    def words(data: Mapping[str, Any]) -> str:
        ends = (str(data.get(end) or "") for end in ("from", "to"))
        old, new = (str(labels.get(word, word)) for word in ends)
        return gettext("from %(old)s to %(new)s", old=old, new=new) if old and new else new

    return words


def _rights(data: Mapping[str, Any]) -> str:
    """Each right that came with a plus, and each that went with a minus."""
    return ", ".join(
        f"{sign}{RIGHT_LABELS[right]}"
        for name, sign in (("added", "+"), ("removed", "\N{MINUS SIGN}"))
        for right in Right
        if right in str(data.get(name, "")).split()
    )


def _tickets(data: Mapping[str, Any]) -> str:
    number = ngettext("%(num)d ticket", "%(num)d tickets", int(data.get("tickets", 0)))
    action = data.get("action", "")
    return f"{BULK_LABELS.get(action, action)}: {number}"


def _setting(data: Mapping[str, Any]) -> str:
    known = SETTINGS.get(data.get("setting", ""))
    name = str(known.label) if known else str(data.get("setting", ""))
    nothing = gettext("nothing")
    old, new = (data.get(end) or nothing for end in ("from", "to"))
    return gettext("%(name)s: from %(old)s to %(new)s", name=name, old=old, new=new)


_DETAILS: dict[DetailType, Callable[[Mapping[str, Any]], str]] = {
    DetailType.NAME: _named,
    DetailType.KEY: _key,
    DetailType.DEVICE: _session,
    DetailType.FIELDS: _fields,
    DetailType.ADDRESS: _from_to({}),
    DetailType.TABLE: _table,
    DetailType.SCHEDULE: _schedule,
    DetailType.ROLE: _from_to(ROLE_LABELS),
    DetailType.ORGANIZATION_ROLE: _from_to(ORGANIZATION_ROLE_LABELS),
    DetailType.RIGHTS: _rights,
    DetailType.TICKETS: _tickets,
    DetailType.SETTING: _setting,
}
