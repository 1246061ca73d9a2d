"""Changes of a ticket as sentences of its timeline."""

from collections.abc import Mapping
from typing import Any

from portal.i18n import gettext as _
from portal.models.people import Actor
from portal.models.tickets import EventKind, Rating
from portal.models.tickets.ticket_event import ValueType
from portal.queries.tickets.timeline import TimelineRow
from portal.web.templating.labels import (
    CUSTOMER_STATUS_LABELS,
    PRIORITY_LABELS,
    STATUS_LABELS,
    TYPE_LABELS,
)


def event_text(actor: Actor, row: TimelineRow) -> str:
    """A change as a sentence without subject ("set the status to Open"); empty if not shown."""
    kind = EventKind.known(row.kind)
    if kind is None:
        return ""
    data, spec = row.data or {}, kind.spec
    match spec.value:
        case ValueType.PERSON:
            # To customers it matters who is on it, not who is no longer.
            return _assigned_text(row.actor_id, data) if actor.is_staff or data["to"] else ""
        case ValueType.PARTICIPANT:
            return _participant_text(row.actor_id, data)
        case ValueType.PRODUCTS:
            return _products_text(actor, data)
        case ValueType.TAGS:
            return _tags_text(set(data["from"]), set(data["to"]))
        case ValueType.RATING:
            return _rating_text(data["to"], data["comment"])
        case None:
            return str(spec.text or "")
        case _ if spec.text is not None:
            label = _labels(actor, spec.value).get(data["to"], data["to"]) or _("none")
            return spec.text % {"value": label}
    return ""


def _labels(actor: Actor, value: ValueType) -> Mapping[Any, object]:
    if value is ValueType.STATUS:
        return STATUS_LABELS if actor.is_staff else CUSTOMER_STATUS_LABELS
    if value is ValueType.TYPE:
        return TYPE_LABELS
    return PRIORITY_LABELS if value is ValueType.PRIORITY else {}


def _assigned_text(actor_id: int | None, data: Mapping[str, Any]) -> str:
    if data["to"] == actor_id:
        return _("took this ticket")
    if data.get("department"):
        # Nobody chose: whoever filed it, or moved it there, brought it to them.
        words = {"name": data["name"], "department": data["department"]}
        return _("brought this to %(name)s, who gets new tickets of %(department)s", **words)
    if data.get("name"):
        return _("assigned this to %(name)s", name=data["name"])
    return _("took the assignment away")


def _participant_text(actor_id: int | None, data: Mapping[str, Any]) -> str:
    if data["from"] == actor_id:
        return _("left this ticket")
    if data["to"]:
        return _("added %(name)s", name=data["name"])
    return _("took %(name)s out of this ticket", name=data["name"])


def _rating_text(rating: str, comment: str) -> str:
    if not comment:
        return _("rated this good") if rating == Rating.GOOD else _("rated this bad")
    if rating == Rating.GOOD:
        return _("rated this good: %(comment)s", comment=comment)
    return _("rated this bad: %(comment)s", comment=comment)


def _tags_text(before: set[str], after: set[str]) -> str:
    added, removed = ", ".join(sorted(after - before)), ", ".join(sorted(before - after))
    if added and removed:
        return _("added tags %(added)s, removed %(removed)s", added=added, removed=removed)
    if added:
        return _("added tags %(added)s", added=added)
    return _("removed tags %(removed)s", removed=removed)


def _products_text(actor: Actor, data: Mapping[str, Any]) -> str:
    """Of those that the reader sees; empty where they see none."""
    before, after = (
        {
            entry["id"]: entry["name"]
            for entry in data[end]
            if actor.is_staff or entry["organization"] == actor.organization_id
        }
        for end in ("from", "to")
    )
    added = ", ".join(name for of, name in after.items() if of not in before)
    removed = ", ".join(name for of, name in before.items() if of not in after)
    if added and removed:
        return _("added products %(added)s, removed %(removed)s", added=added, removed=removed)
    if added:
        return _("added products %(added)s", added=added)
    return _("removed products %(removed)s", removed=removed) if removed else ""
