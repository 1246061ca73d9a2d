"""TicketFilter: a filter of ticket lists and its form in a URL. No database here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any
from urllib.parse import quote_plus

from portal.errors import Invalid
from portal.models.organizations.organization import parse_id as parse_organization
from portal.models.products.product import parse_id as parse_product
from portal.models.tickets import DONE, Channel, Priority, TicketStatus
from portal.queries.people import users
from portal.queries.tickets import ticket_types
from portal.search_language.parser import parse_once
from portal.search_language.tree import comparisons

MAX_QUERY = 200
# Statuses of tickets to answer; empty for any.
TO_ANSWER_STATUSES = frozenset({"", TicketStatus.NEW, TicketStatus.OPEN})


class View(StrEnum):
    """Views of the queue, for staff."""

    TO_ANSWER = "to_answer"
    UNSOLVED = "unsolved"
    MINE = "mine"
    UNASSIGNED = "unassigned"
    ALL = "all"

    @property
    def sort(self) -> "Sort":
        """The order of the view when none is asked for."""
        return Sort.WAITING if self is View.TO_ANSWER else Sort.UPDATED


class Sort(StrEnum):
    """Orders that have an index; a minus means descending."""

    # Who waits longest first: of those who wait, so in the view TO_ANSWER alone.
    WAITING = "waiting_since"
    UPDATED = "-updated_at"
    IDLE = "updated_at"
    CREATED = "-created_at"
    OLDEST = "created_at"
    PRIORITY = "-priority"
    # The best matches of words first: the newest so many of them are compared.
    RELEVANCE = "relevance"


NOBODY = "none"
ME = "me"


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """A filter of tickets: parsed from a URL, applied to a query, written to a URL."""

    view: View = View.ALL
    status: str = ""
    priority: str = ""
    channel: str = ""
    type: str = ""
    department: str = ""
    language: str = ""
    assignee: str = ""
    requester: str = ""
    organization: str = ""
    tag: str = ""
    product: str = ""
    q: str = ""
    sort: Sort = Sort.UPDATED
    cursor: str = ""
    # The id of the saved view that one came from. It asks for nothing.
    saved: str = ""
    # Solved and closed ones alone.
    done: bool = False
    # Those of others alone, in which the reader takes part.
    shared: bool = False

    @classmethod
    def from_args(cls, args: Mapping[str, str], *, view: View = View.ALL) -> "TicketFilter":
        """Parse URL arguments; `view` is the default. Raises Invalid by field."""
        if wrong := mistaken(args):
            raise Invalid(**wrong)
        text: dict[str, Any] = {name: args.get(name, "").strip() for name in _TEXTS}
        chosen = _view(args, text, view)
        return cls(
            view=chosen,
            sort=Sort(args.get("sort") or chosen.sort),
            cursor=args.get("cursor", ""),
            **text,
        )

    def to_query(self, **changes: str) -> str:
        """The query string of this filter with `changes`, without default values."""
        new = {"cursor": "", **changes}
        usual = {View(new.get("view", self.view)).sort, Sort.RELEVANCE}
        return "&".join(
            f"{name}={quote_plus(value)}"
            for name in _IN_URLS
            if (value := new[name] if name in new else getattr(self, name))
            and (name != "sort" or value not in usual)
        )

    def with_requester(self, requester: str) -> "TicketFilter":
        return replace(self, requester=requester)

    @property
    def only_done(self) -> "TicketFilter":
        """Those of all views that are solved or closed."""
        return replace(self, view=View.ALL, done=True)

    @property
    def best_first(self) -> "TicketFilter":
        """The same filter; words without an order are ranked."""
        ranked = self.q and self.sort is self.view.sort
        return replace(self, sort=Sort.RELEVANCE) if ranked else self

    @property
    def all_matches(self) -> "TicketFilter":
        """The first page of all that match the same words, of the same people."""
        sort = Sort.UPDATED if self.sort is Sort.WAITING else self.sort
        return TicketFilter(q=self.q, sort=sort, requester=self.requester, shared=self.shared)

    @property
    def first_page(self) -> "TicketFilter":
        """The same filter without its cursor."""
        return replace(self, cursor="") if self.cursor else self

    @property
    def by_id(self) -> bool:
        """Whether results come in the order of ids: of words, tags and products, newest first."""
        return bool(self.q or self.tag or self.product)

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
            return [Sort.CREATED, Sort.RELEVANCE] if self.q else [Sort.CREATED]
        if self.requester or self.organization or self.type or self.department or self.language:
            return [Sort.UPDATED, Sort.IDLE]
        if self.view is View.TO_ANSWER:
            return [Sort.WAITING, Sort.UPDATED, Sort.PRIORITY]
        if self.assignee and not self.unsolved:
            return [Sort.UPDATED, Sort.IDLE, Sort.CREATED, Sort.OLDEST]
        return [sort for sort in Sort if sort not in {Sort.WAITING, Sort.RELEVANCE}]


def _view(args: Mapping[str, str], text: Mapping[str, str], default: View) -> View:
    """The view of these arguments: none hides the status that is asked for.

    Addresses without a view are older than TO_ANSWER, where staff begin: with a filter they list
    unsolved tickets, as they did.
    """
    if args.get("view"):
        view = View(args["view"])
        return View.ALL if _hides(view, text) else view
    if default is View.ALL or text["status"] or _names_status(text["q"]):
        return View.ALL
    is_bare = not any(text.values()) and not args.get("sort")
    return default if is_bare else View.UNSOLVED


def _hides(view: View, text: Mapping[str, str]) -> bool:
    """Whether the view has no ticket of the status that is asked for, or may have none."""
    if view is View.TO_ANSWER and text["status"] not in TO_ANSWER_STATUSES:
        return True
    if view is View.UNSOLVED and text["status"] in DONE:
        return True
    return view in {View.TO_ANSWER, View.UNSOLVED} and _names_status(text["q"])


def _is_person(word: str) -> bool:
    return word in {ME, NOBODY} or users.parse_id(word) is not None


_TEXTS = tuple(
    field.name
    for field in fields(TicketFilter)
    if field.name not in {"view", "sort", "cursor", "done", "shared"}
)
_IN_URLS = ("view", *_TEXTS, "sort", "cursor")
PRIORITIES = {priority.word: priority for priority in Priority}
_KNOWS: Mapping[str, Callable[[str], bool]] = {
    "status": frozenset(TicketStatus).__contains__,
    "priority": frozenset(PRIORITIES).__contains__,
    "channel": frozenset(Channel).__contains__,
    "type": ticket_types.is_known,
    "view": frozenset(View).__contains__,
    "sort": frozenset(Sort).__contains__,
    "assignee": _is_person,
    "requester": _is_person,
    "organization": lambda word: parse_organization(word) is not None,
    "product": lambda word: parse_product(word) is not None,
    "saved": lambda word: word.isascii() and word.isdigit() and len(word) < 19,
}


def mistaken(args: Mapping[str, str]) -> dict[str, str]:
    """Codes by name of the arguments that no filter can have. Cursors are checked where used."""
    found = {}
    for name in (*_TEXTS, "view", "sort"):
        value = args.get(name, "").strip()
        if len(value) > MAX_QUERY:
            found[name] = "too_long"
        elif value and not _KNOWS.get(name, bool)(value):
            found[name] = "unknown"
    return found


def _names_status(q: str) -> bool:
    """Whether a search says which status tickets are to have."""
    tree = parse_once(q, with_fields=True).tree
    return tree is not None and bool({"status", "is"} & {one.field for one in comparisons(tree)})


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


def normal_id(field: str, word: str) -> str:
    """`me`, `none` or a public id as the filter `field` has it; empty for any other word."""
    lower, upper = word.lower(), word.upper()
    if field in _PARSE:
        return upper if _PARSE[field](upper) else ""
    if lower == ME or (lower == NOBODY and field == "assignee"):
        return lower
    return upper if upper.startswith("USR") and users.parse_id(upper) is not None else ""


_PARSE = {"organization": parse_organization, "product": parse_product}


def organization_id(word: str) -> int | None:
    """The id in ORG000001; None for an empty text. Raises Invalid."""
    if not word:
        return None
    found = parse_organization(word)
    if found is None:
        raise Invalid(organization="unknown")
    return found
