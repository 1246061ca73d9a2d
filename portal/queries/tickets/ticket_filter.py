"""TicketFilter: a filter of ticket lists and its form in a URL. No database here."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any
from urllib.parse import urlencode

from portal.errors import Invalid
from portal.models.organizations.organization import parse_id as parse_organization
from portal.models.tickets import DONE, Channel, Priority, TicketStatus
from portal.queries.people import users

MAX_QUERY = 200


class View(StrEnum):
    """Views of the queue, for staff."""

    UNSOLVED = "unsolved"
    MINE = "mine"
    UNASSIGNED = "unassigned"
    ALL = "all"


class Sort(StrEnum):
    """Orders that have an index; a minus means descending."""

    UPDATED = "-updated_at"
    WAITING = "updated_at"
    CREATED = "-created_at"
    OLDEST = "created_at"
    PRIORITY = "-priority"


NOBODY = "none"
ME = "me"


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """A filter of tickets: parsed from a URL, applied to a query, written to a URL."""

    view: View = View.ALL
    status: str = ""
    priority: str = ""
    channel: str = ""
    assignee: str = ""
    requester: str = ""
    organization: str = ""
    tag: str = ""
    q: str = ""
    sort: Sort = Sort.UPDATED
    cursor: str = ""

    @classmethod
    def from_args(cls, args: Mapping[str, str], *, view: View = View.ALL) -> "TicketFilter":
        """Parse URL arguments; `view` is the default. Raises Invalid by field."""
        text = {name: args.get(name, "").strip() for name in _TEXTS}
        for name, value in text.items():
            if len(value) > MAX_QUERY:
                raise Invalid(**{name: "too_long"})
        for name, known in _KNOWN.items():
            if text[name] and text[name] not in known:
                raise Invalid(**{name: "unknown"})
        for name in ("assignee", "requester"):
            person_id(name, text[name], me=0)
        organization_id(text["organization"])
        narrowed = bool(text["status"])
        chosen = _choice(View, args.get("view", ""), "view") or (View.ALL if narrowed else view)
        sort = _choice(Sort, args.get("sort", ""), "sort") or Sort.UPDATED
        return cls(view=chosen, sort=sort, cursor=args.get("cursor", ""), **text)

    def to_query(self, **changes: str) -> str:
        """The query string of this filter with `changes`, without default values."""
        new = replace(self, **{"cursor": "", **changes})  # type: ignore[arg-type]
        pairs = [(name, str(getattr(new, name))) for name in ("view", *_TEXTS, "sort", "cursor")]
        defaults = {"sort": Sort.UPDATED, "view": ""}
        return urlencode([(k, v) for k, v in pairs if v and v != defaults.get(k)])

    def with_requester(self, requester: str) -> "TicketFilter":
        return replace(self, requester=requester)

    @property
    def first_page(self) -> "TicketFilter":
        """The same filter without its cursor."""
        return replace(self, cursor="") if self.cursor else self

    @property
    def by_id(self) -> bool:
        """Whether results come in the order of ids: of words and tags, newest first."""
        return bool(self.q or self.tag)

    @property
    def unsolved(self) -> bool:
        """Whether only unsolved tickets can match."""
        return self.view is not View.ALL or (self.status not in DONE and bool(self.status))

    @property
    def is_empty(self) -> bool:
        """Whether no ticket can match."""
        return self.view is not View.ALL and self.status in DONE

    @property
    def order(self) -> Sort:
        """The requested order if available, else the first available one."""
        return self.sort if self.sort in self.sorts else self.sorts[0]

    @property
    def sorts(self) -> list[Sort]:
        """Orders for which this filter has an index."""
        if self.by_id:
            return [Sort.CREATED]
        if self.requester or self.organization:
            return [Sort.UPDATED, Sort.WAITING]
        if self.assignee and not self.unsolved:
            return [sort for sort in Sort if sort is not Sort.PRIORITY]
        return list(Sort)


_TEXTS = tuple(
    field.name for field in fields(TicketFilter) if field.name not in {"view", "sort", "cursor"}
)
PRIORITIES = {priority.word: priority for priority in Priority}
_KNOWN = {
    "status": frozenset(TicketStatus),
    "priority": frozenset(PRIORITIES),
    "channel": frozenset(Channel),
}


def _choice(enum: Any, word: str, field: str) -> Any:
    if not word:
        return None
    try:
        return enum(word)
    except ValueError:
        raise Invalid(**{field: "unknown"}) from None


def person_id(field: str, word: str, *, me: int) -> int | None:
    """The user id for `me` or USR000001; None for nobody. Raises Invalid."""
    if word in {"", NOBODY}:
        return None
    if word == ME:
        return me
    user_id = users.parse_id(word)
    if user_id is None:
        raise Invalid(**{field: "unknown"})
    return user_id


def organization_id(word: str) -> int | None:
    """The id in ORG000001; None for an empty text. Raises Invalid."""
    if not word:
        return None
    found = parse_organization(word)
    if found is None:
        raise Invalid(organization="unknown")
    return found
