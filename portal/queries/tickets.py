"""Finding tickets: what an actor may see, one by its number, and pages of a filter."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlencode

from sqlalchemy import ColumnElement, bindparam, exists, func, join, select, tuple_
from sqlalchemy.orm import aliased

from portal.errors import Invalid, NotFound
from portal.extensions import db
from portal.models import (
    DONE,
    Actor,
    Attachment,
    Organization,
    Priority,
    Tag,
    Ticket,
    TicketStatus,
    TicketTag,
    User,
)
from portal.models.ticket import UNSOLVED, parse_number
from portal.queries import leading, search, users
from portal.queries.paging import AnyRow, AnySelect, Page, cut, parse_cursor

PAGE = 30
MAX_QUERY = 200
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def visible_to(actor: Actor) -> ColumnElement[bool] | None:
    """The rule of who sees which ticket, for a `where`; None: all of them.

    Staff serve everybody. A customer sees what belongs to the organization: all of it or, as a
    plain user, what they filed themselves.
    """
    if actor.is_staff:
        return None
    mine = Ticket.organization_id == actor.organization_id
    return mine if actor.reads_organization else mine & (Ticket.requester_id == actor.id)


_BY_ID = select(Ticket).where(Ticket.id == bindparam("ticket_id"))
_LOCKED = _BY_ID.with_for_update()


def find(actor: Actor, number: str, *, lock: bool = False) -> Ticket:
    """The ticket of that number. Raises NotFound for a foreign one just as for none.

    `lock` keeps others from changing it until the transaction ends.
    """
    ticket_id = parse_number(number)
    if ticket_id is None:
        raise NotFound
    query = _LOCKED if lock else _BY_ID
    if (rule := visible_to(actor)) is not None:
        query = query.where(rule)
    ticket = db.session.scalar(query, {"ticket_id": ticket_id})
    if ticket is None:
        raise NotFound
    return ticket


def find_many(actor: Actor, numbers: list[str]) -> list[Ticket]:
    """The tickets of those numbers, locked, in the order of their ids.

    Raises NotFound if one is missing or foreign.
    """
    ids = {parse_number(number) for number in numbers}
    query = select(Ticket).where(Ticket.id.in_(ids - {None})).order_by(Ticket.id).with_for_update()
    if (rule := visible_to(actor)) is not None:
        query = query.where(rule)
    found = list(db.session.scalars(query))
    if None in ids or len(found) != len(ids):
        raise NotFound
    return found


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


# Each order by its columns, all in the same direction: an index can be walked either way.
_ORDERS: Mapping[Sort, tuple[Any, ...]] = {
    Sort.UPDATED: (Ticket.updated_at, Ticket.id),
    Sort.WAITING: (Ticket.updated_at, Ticket.id),
    Sort.CREATED: (Ticket.id,),
    Sort.OLDEST: (Ticket.id,),
    Sort.PRIORITY: (Ticket.priority, Ticket.updated_at, Ticket.id),
}
NOBODY = "none"
ME = "me"


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """A filter of tickets: read from a URL, applied to a query, written back to a URL."""

    view: View = View.ALL
    status: str = ""
    priority: str = ""
    assignee: str = ""
    requester: str = ""
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
        if text["status"] and text["status"] not in _STATUSES:
            raise Invalid(status="unknown")
        if text["priority"] and text["priority"] not in _PRIORITIES:
            raise Invalid(priority="unknown")
        for name in ("assignee", "requester"):
            _person(name, text[name], me=0)
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
        if self.requester:
            return [Sort.UPDATED, Sort.WAITING]
        if self.assignee and not self.unsolved:
            return [sort for sort in Sort if sort is not Sort.PRIORITY]
        return list(Sort)


_TEXTS = ("status", "priority", "assignee", "requester", "tag", "q")
_STATUSES = {status.value for status in TicketStatus}
_PRIORITIES = {priority.word: priority for priority in Priority}


def _choice(enum: Any, word: str, field: str) -> Any:
    if not word:
        return None
    try:
        return enum(word)
    except ValueError:
        raise Invalid(**{field: "unknown"}) from None


def _person(field: str, word: str, *, me: int) -> int | None:
    """The user id that `me` or USR000001 stands for; None for nobody. Raises Invalid."""
    if word in {"", NOBODY}:
        return None
    if word == ME:
        return me
    user_id = users.parse_id(word)
    if user_id is None:
        raise Invalid(**{field: "unknown"})
    return user_id


class _Shape(NamedTuple):
    """What a statement looks like, without its values: statements are built once for each."""

    staff: bool
    own_only: bool
    unsolved: bool
    status: bool
    priority: bool
    assignee: str
    requester: bool
    tag: bool
    words: search.Kind | None
    order: Sort
    after: bool


def page(actor: Actor, wanted: TicketFilter) -> Page[AnyRow]:
    """The tickets of a filter that `actor` may see, PAGE at a time, with the columns of a list.

    Rows: id, subject, status, priority, updated_at, requester_*, organization_name, assignee_*.
    """
    found = search.parse(wanted.q, staff=actor.is_staff)
    shape = _shape(actor, wanted, found)
    if shape.words is search.Kind.NOTHING or wanted.is_empty:
        return Page([], None)
    values = _values(actor, wanted, shape, found)
    rows = db.session.connection().execute(_statement(shape), values).all()
    return cut(rows, PAGE, lambda row: _cursor(wanted.order, row))


def _shape(actor: Actor, wanted: TicketFilter, found: search.Parsed) -> _Shape:
    assignee = {"": "", NOBODY: NOBODY}.get(wanted.assignee, "one")
    if wanted.view is View.MINE:
        assignee = "one"
    elif wanted.view is View.UNASSIGNED:
        assignee = NOBODY
    return _Shape(
        staff=actor.is_staff,
        own_only=not actor.reads_organization,
        unsolved=wanted.unsolved,
        status=bool(wanted.status),
        priority=bool(wanted.priority),
        assignee=assignee,
        requester=bool(wanted.requester),
        tag=bool(wanted.tag),
        words=found.kind if wanted.q else None,
        order=wanted.order,
        after=bool(wanted.cursor),
    )


def _values(
    actor: Actor, wanted: TicketFilter, shape: _Shape, found: search.Parsed
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if not shape.staff:
        values |= {"organization_id": actor.organization_id, "actor_id": actor.id}
    if shape.status:
        values["status"] = wanted.status
    if shape.priority:
        values["priority"] = int(_PRIORITIES[wanted.priority])
    if shape.assignee == "one":
        mine = wanted.view is View.MINE
        values["assignee_id"] = (
            actor.id if mine else _person("assignee", wanted.assignee, me=actor.id)
        )
    if shape.requester:
        values["requester_id"] = _person("requester", wanted.requester, me=actor.id)
    if shape.tag:
        values["tag"] = wanted.tag.lower()
    if shape.words:
        values |= search.values(found, actor)
    if shape.after:
        values |= _parse_cursor(wanted.order, wanted.cursor)
    return values


@lru_cache(maxsize=512)
def _statement(shape: _Shape) -> AnySelect:
    requester, assignee = aliased(User), aliased(User)
    tickets, ticket_id = _source(shape)
    query = (
        select(
            Ticket.id,
            Ticket.subject,
            Ticket.status,
            Ticket.priority,
            Ticket.updated_at,
            requester.first_name.label("requester_first"),
            requester.last_name.label("requester_last"),
            requester.email.label("requester_email"),
            Organization.name.label("organization_name"),
            Ticket.assignee_id,
            assignee.first_name.label("assignee_first"),
            assignee.last_name.label("assignee_last"),
            assignee.email.label("assignee_email"),
        )
        .select_from(tickets)
        .join(requester, requester.id == Ticket.requester_id)
        .join(Organization, Organization.id == Ticket.organization_id)
        .outerjoin(assignee, assignee.id == Ticket.assignee_id)
        .limit(PAGE + 1)
    )
    for condition in _conditions(shape):
        query = query.where(condition)
    columns = [ticket_id if c is Ticket.id else c for c in _ORDERS[shape.order]]
    names = [f"after_{c.key}" for c in _ORDERS[shape.order]]
    descending = shape.order.startswith("-")
    query = query.order_by(*(c.desc() if descending else c.asc() for c in columns))
    if shape.after:
        pairs = zip(names, _ORDERS[shape.order], strict=True)
        keys = tuple_(*(bindparam(name, type_=c.type) for name, c in pairs))
        query = query.where(tuple_(*columns) < keys if descending else tuple_(*columns) > keys)
        if ticket_id is not Ticket.id:
            # PostgreSQL does not conclude that the other side of the join begins there, too.
            query = query.where(Ticket.id < bindparam("after_id"))
    return query


def _source(shape: _Shape) -> tuple[Any, Any]:
    """Where to begin, and the column whose order is that of ids.

    Words and tags have indexes that give ids in order: begun there, a page is read and not sorted.
    """
    if shape.words is search.Kind.WORDS:
        ticket_id = search.INDEX.c.rowid
        return join(search.INDEX, Ticket, Ticket.id == ticket_id), ticket_id
    if shape.tag:
        tagged = join(Tag, TicketTag, Tag.id == TicketTag.tag_id)
        return join(tagged, Ticket, Ticket.id == TicketTag.ticket_id), TicketTag.ticket_id
    return Ticket, Ticket.id


def _leader(shape: _Shape) -> str:
    """The column that a list is read by; none for what words, tags and numbers lead to."""
    if shape.words in {search.Kind.WORDS, search.Kind.NUMBER} or shape.tag:
        return ""
    if shape.requester or shape.words or (not shape.staff and shape.own_only):
        return leading.REQUESTER
    if not shape.staff:
        return leading.ORGANIZATION
    if shape.assignee:
        return leading.ASSIGNEE
    if shape.order is Sort.PRIORITY:
        return leading.PRIORITY
    by_number = shape.order in {Sort.CREATED, Sort.OLDEST}
    # What is unsolved has an index in the order of numbers, and is little.
    if shape.priority and not (shape.unsolved and by_number):
        return leading.PRIORITY
    return leading.STATUS


def _conditions(shape: _Shape) -> list[ColumnElement[bool] | Any]:
    leader = _leader(shape)

    def equals(column: Any, name: str) -> ColumnElement[bool]:
        return leading.leading(column, leader) == bindparam(name, type_=column.type)

    conditions: list[ColumnElement[bool] | Any] = []
    if not shape.staff:
        conditions.append(equals(Ticket.organization_id, "organization_id"))
        if shape.own_only:
            conditions.append(equals(Ticket.requester_id, "actor_id"))
    if shape.unsolved:
        conditions.append(UNSOLVED)
    if shape.status:
        conditions.append(equals(Ticket.status, "status"))
    if shape.priority:
        conditions.append(equals(Ticket.priority, "priority"))
    if shape.assignee == NOBODY:
        conditions.append(leading.leading(Ticket.assignee_id, leader).is_(None))
    elif shape.assignee:
        conditions.append(equals(Ticket.assignee_id, "assignee_id"))
    if shape.requester:
        conditions.append(equals(Ticket.requester_id, "requester_id"))
    if shape.tag and shape.words is search.Kind.WORDS:
        tagged = select(TicketTag.ticket_id).join(Tag).where(Tag.name == bindparam("tag"))
        conditions.append(Ticket.id.in_(tagged))
    elif shape.tag:
        conditions.append(Tag.name == bindparam("tag"))
    if shape.words:
        conditions.append(search.condition(shape.words))
    return conditions


def _cursor(order: Sort, row: AnyRow) -> str:
    parts = {
        "id": row.id,
        "updated_at": (row.updated_at - _EPOCH) // timedelta(microseconds=1),
        "priority": row.priority,
    }
    return ".".join(str(parts[column.key]) for column in _ORDERS[order])


def _parse_cursor(order: Sort, text: str) -> dict[str, Any]:
    columns = [column.key for column in _ORDERS[order]]
    values: dict[str, Any] = dict(zip(columns, parse_cursor(text, len(columns)), strict=True))
    if "updated_at" in values:
        try:
            values["updated_at"] = _EPOCH + timedelta(microseconds=values["updated_at"])
        except OverflowError:
            raise Invalid(cursor="unknown") from None
    return {f"after_{name}": value for name, value in values.items()}


_REQUESTER, _ASSIGNEE = aliased(User), aliased(User)
# What a ticket's page shows beside the ticket. Tags come as one text: they have no spaces.
_HEAD = (
    _REQUESTER.first_name.label("requester_first"),
    _REQUESTER.last_name.label("requester_last"),
    _REQUESTER.email.label("requester_email"),
    Organization.name.label("organization_name"),
    _ASSIGNEE.first_name.label("assignee_first"),
    _ASSIGNEE.last_name.label("assignee_last"),
    _ASSIGNEE.email.label("assignee_email"),
    select(func.aggregate_strings(Tag.name, " "))
    .join(TicketTag)
    .where(TicketTag.ticket_id == Ticket.id)
    .scalar_subquery()
    .label("tags"),
    exists().where(Attachment.ticket_id == Ticket.id).label("has_files"),
)
_OPENED = (
    select(Ticket, *_HEAD)
    .join(_REQUESTER, _REQUESTER.id == Ticket.requester_id)
    .join(Organization, Organization.id == Ticket.organization_id)
    .outerjoin(_ASSIGNEE, _ASSIGNEE.id == Ticket.assignee_id)
    .where(Ticket.id == bindparam("ticket_id"))
)
_HEAD_ALONE = _OPENED.with_only_columns(*_HEAD, maintain_column_froms=True)


def opened(actor: Actor, number: str) -> AnyRow:
    """The ticket (`Ticket`) with what `head` knows of it. Raises NotFound as `find` does."""
    query = _OPENED
    if (rule := visible_to(actor)) is not None:
        query = query.where(rule)
    row = db.session.execute(query, {"ticket_id": parse_number(number)}).one_or_none()
    if row is None:
        raise NotFound
    return row


def head(ticket: Ticket) -> AnyRow:
    """People, organization, tags, and whether there are files: a ticket's page in one row."""
    return db.session.connection().execute(_HEAD_ALONE, {"ticket_id": ticket.id}).one()
