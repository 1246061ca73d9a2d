"""TicketFilter: which tickets are wanted, as a URL says it. No database here."""

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
    """What staff look at: the starting points of the queue."""

    UNSOLVED = "unsolved"
    MINE = "mine"
    UNASSIGNED = "unassigned"
    ALL = "all"


class Sort(StrEnum):
    """The orders that have an index; a minus is "largest or newest first"."""

    UPDATED = "-updated_at"
    WAITING = "updated_at"
    CREATED = "-created_at"
    OLDEST = "created_at"
    PRIORITY = "-priority"


NOBODY = "none"
ME = "me"


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """A filter of tickets: read from a URL, applied to a query, written back to a URL."""

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
        """The filter that `args` ask for; `view` when they name none. Raises Invalid by field."""
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
        """The query string that leads back here, with `changes`; what is default is left out."""
        new = replace(self, **{"cursor": "", **changes})  # type: ignore[arg-type]
        pairs = [(name, str(getattr(new, name))) for name in ("view", *_TEXTS, "sort", "cursor")]
        defaults = {"sort": Sort.UPDATED, "view": ""}
        return urlencode([(k, v) for k, v in pairs if v and v != defaults.get(k)])

    def with_requester(self, requester: str) -> "TicketFilter":
        """The same filter for the tickets of one requester."""
        return replace(self, requester=requester)

    @property
    def first_page(self) -> "TicketFilter":
        """The same filter from its beginning."""
        return replace(self, cursor="") if self.cursor else self

    @property
    def by_id(self) -> bool:
        """Words and tags lead to ids, so their results come in the order of ids, newest first."""
        return bool(self.q or self.tag)

    @property
    def unsolved(self) -> bool:
        """Whether only unsolved tickets can be found."""
        return self.view is not View.ALL or (self.status not in DONE and bool(self.status))

    @property
    def is_empty(self) -> bool:
        """Whether the filter contradicts itself."""
        return self.view is not View.ALL and self.status in DONE

    @property
    def order(self) -> Sort:
        """The order in force."""
        return self.sort if self.sort in self.sorts else self.sorts[0]

    @property
    def sorts(self) -> list[Sort]:
        """The orders that this filter can be shown in: those that an index has."""
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
    """The user id that `me` or USR000001 stands for; None for nobody. Raises Invalid."""
    if word in {"", NOBODY}:
        return None
    if word == ME:
        return me
    user_id = users.parse_id(word)
    if user_id is None:
        raise Invalid(**{field: "unknown"})
    return user_id


def organization_id(word: str) -> int | None:
    """The id that ORG000001 stands for; None for no word. Raises Invalid for any other."""
    if not word:
        return None
    found = parse_organization(word)
    if found is None:
        raise Invalid(organization="unknown")
    return found
