"""A search finds, on either database, what its tree says of each ticket."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from flask.ctx import AppContext
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, update

from portal import clock, i18n
from portal.extensions import db
from portal.models.people import Actor
from portal.models.tickets import Attachment, Priority, Ticket
from portal.queries.tickets.lists import typed_query
from portal.queries.tickets.lists.ticket_filter import TicketFilter
from portal.queries.tickets.lists.ticket_list import full_page, page
from portal.search_language.days import parse_days
from portal.search_language.tree import And, Comparison, Not, Operator, Or, Phrase, Tree, Word
from portal.services.tickets import tickets as ticket_services
from tests import factories
from tests.cast import Cast, make_cast
from tests.databases import unchanged
from tests.search_language.trees import trees
from tests.search_language.written import written

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
ZONE = "Asia/Tokyo"
NAMES = {"ann": "Ann Archer", "bob": "Bob Baker", "carl": "Carl Cooper"}
NAMES |= {"sam": "Sam Smith", "sue": "Sue Stone"}
ORGANIZATIONS = {"ann": "Acme", "bob": "Acme", "carl": "Carl"}


@dataclass(frozen=True)
class Known:
    """A ticket as the test knows it."""

    requester: str
    status: str
    priority: Priority = Priority.MEDIUM
    assignee: str = ""
    channel: str = "page"
    type: str | None = None
    department: str | None = None
    language: str | None = None
    tags: frozenset[str] = frozenset()
    created: datetime = NOW
    updated: datetime = NOW
    has_file: bool = False
    words: frozenset[str] = field(default_factory=frozenset)


def ago(**time: int) -> datetime:
    return NOW - timedelta(**time)


WORLD = [
    Known("ann", "new", Priority.URGENT, created=ago(hours=1), words=frozenset({"printer"})),
    Known("ann", "open", assignee="sam", channel="api", created=ago(days=1), updated=ago(hours=9)),
    Known("bob", "pending", Priority.LOW, "sue", type="incident", created=ago(days=7)),
    Known("carl", "on_hold", assignee="sue", department="Billing", language="ru", has_file=True),
    Known(
        "carl",
        "solved",
        Priority.HIGH,
        "sam",
        tags=frozenset({"vip"}),
        created=ago(days=2),
        updated=ago(days=2),
    ),
    Known("bob", "closed", tags=frozenset({"vip", "network"}), created=ago(days=400)),
    Known(
        "bob",
        "new",
        type="change",
        department="IT",
        created=ago(minutes=10),
        updated=ago(minutes=10),
    ),
    Known("ann", "open", Priority.HIGH, "sam", language="en", words=frozenset({"lamp", "printer"})),
]


@pytest.fixture(scope="module")
def cast(shared_app: Flask) -> Iterator[Cast]:
    made = make_cast(shared_app)
    for known in WORLD:
        store(shared_app, made, known)
    with unchanged(shared_app):
        yield made


def store(app: Flask, cast: Cast, known: Known) -> None:
    with factories.writing(app):
        subject = " ".join(["Matter", *sorted(known.words)])
        requester = getattr(cast, known.requester)
        ticket = ticket_services.file(actor=requester, subject=subject, message="Please.")
        ticket_services.set_tags(actor=cast.sam, ticket=ticket, names=sorted(known.tags))
        db.session.flush()
        columns = {
            "status": known.status,
            "priority": int(known.priority),
            "assignee_id": getattr(cast, known.assignee).id if known.assignee else None,
            "channel": known.channel,
            "type": known.type,
            "department": known.department,
            "language": known.language,
            "created_at": known.created,
            "updated_at": known.updated,
        }
        db.session.execute(update(Ticket).where(Ticket.id == ticket.id).values(columns))
        if known.has_file:
            file = {"ticket_id": ticket.id, "comment_id": 4, "filename": "a.txt", "size": 1}
            file |= {"content_type": "text/plain", "sha256": "", "storage_key": "0" * 32}
            db.session.execute(insert(Attachment).values(file))


@pytest.fixture
def context(shared_app: Flask, cast: Cast) -> Iterator[AppContext]:
    with shared_app.app_context() as held, clock.at(NOW), i18n.force_locale("en", ZONE):
        yield held


def found(actor: Actor, q: str, **more: str) -> set[int]:
    rows = page(actor, TicketFilter.from_args({"q": q, **more})).rows
    return {row.id for row in rows}


# What a tree says of a ticket, without a database.


def is_true(tree: Tree, known: Known) -> bool:
    match tree:
        case And(parts):
            return all(is_true(part, known) for part in parts)
        case Or(parts):
            return any(is_true(part, known) for part in parts)
        case Not(part):
            return not is_true(part, known)
        case Comparison(name):
            return COMPARE[name](tree, known)
        case Word(text) | Phrase(text):
            return text in known.words


def _plain(name: str) -> Callable[[Comparison, Known], bool]:
    def compare(asked: Comparison, known: Known) -> bool:
        value = getattr(known, name) or "none"
        return value.lower() in map(str.lower, asked.values)

    return compare


def _person(name: str) -> Callable[[Comparison, Known], bool]:
    def compare(asked: Comparison, known: Known) -> bool:
        who = getattr(known, name)
        if not who:
            return "none" in asked.values
        full = NAMES[who].lower()
        number = f"usr{list(NAMES).index(who) + 1:06d}"
        names = {full, *full.split(), f"{who}@example.com", number}
        names |= {"me"} if who == "sam" else set()
        return any(value.lower() in names for value in asked.values)

    return compare


def _ranks(asked: Comparison, known: Known) -> bool:
    ranks = [Priority.from_word(value) if value else None for value in asked.values]
    return in_order(asked.operator, known.priority, [(rank, rank) for rank in ranks])


def _days(name: str) -> Callable[[Comparison, Known], bool]:
    def compare(asked: Comparison, known: Known) -> bool:
        day = getattr(known, name).astimezone(ZoneInfo(ZONE)).date()
        ends = [_ends(value, asked.operator) for value in asked.values]
        return in_order(asked.operator, day, ends)

    return compare


def _ends(value: str, operator: Operator) -> tuple[date | None, date | None]:
    if not value:
        return None, None
    days = parse_days(value, NOW.astimezone(ZoneInfo(ZONE)).date())
    last = days.end - timedelta(days=1)
    if days.is_span and operator in {Operator.ABOVE, Operator.AT_MOST}:
        last = days.first - timedelta(days=1)
    return days.first, last


def in_order(operator: Operator, value, ends) -> bool:  # type: ignore[no-untyped-def]
    first, last = ends[0]
    match operator:
        case Operator.IS:
            return any(low <= value <= high for low, high in ends)
        case Operator.AT_LEAST:
            return value >= first
        case Operator.BELOW:
            return value < first
        case Operator.AT_MOST:
            return value <= last
        case Operator.ABOVE:
            return value > last
    low, high = ends[0][0], ends[1][1]
    return (low is None or value >= low) and (high is None or value <= high)


def _is(asked: Comparison, known: Known) -> bool:
    said = {
        "mine": known.assignee == "sam",
        "unassigned": not known.assignee,
        "unsolved": known.status not in {"solved", "closed"},
    }
    return any(said[value] for value in asked.values)


def _organization(asked: Comparison, known: Known) -> bool:
    """Carl's is a personal one, which nobody knows by its name."""
    is_acme = ORGANIZATIONS[known.requester] == "Acme"
    names = {"acme", "ac", "org000001"} if is_acme else {"org000003"}
    return any(value.lower() in names for value in asked.values)


COMPARE: dict[str, Callable[[Comparison, Known], bool]] = {
    "status": _plain("status"),
    "priority": _ranks,
    "assignee": _person("assignee"),
    "requester": _person("requester"),
    "organization": _organization,
    "tag": lambda asked, known: bool(known.tags & {value.lower() for value in asked.values}),
    "channel": _plain("channel"),
    "type": _plain("type"),
    "department": _plain("department"),
    "language": _plain("language"),
    "created": _days("created"),
    "updated": _days("updated"),
    "has": lambda _asked, known: known.has_file,
    "is": _is,
}
PEOPLE = ["me", "none", "USR000002", "usr000004", "Sam Smith", "sue", "SMITH", "bob@example.com"]
PEOPLE += ["Nobody Atall", "USR999999"]
DAYS = ["2026-11-30", "2026-11", "2025", "today", "yesterday", "1d", "7d", "0d", "23.11.2026"]
POOLS: dict[str, list[str]] = {
    "status": ["new", "open", "pending", "on_hold", "solved", "closed"],
    "priority": ["low", "medium", "high", "urgent"],
    "assignee": PEOPLE,
    "requester": [name for name in PEOPLE if name != "none"],
    "organization": ["Acme", "ac", "ORG000003", "carl", "org000001", "Nowhere", "ORG000099", "cme"],
    "tag": ["vip", "VIP", "network", "nothing"],
    "channel": ["page", "api", "import"],
    "type": ["incident", "change", "problem", "none"],
    "department": ["billing", "IT", "Sales", "NONE"],
    "language": ["ru", "EN", "none"],
    "created": DAYS,
    "updated": DAYS,
    "has": ["attachment"],
    "is": ["mine", "unassigned", "unsolved"],
}
ORDERED = {"priority", "created", "updated"}


@st.composite
def comparisons(draw: st.DrawFn) -> Comparison:
    name = draw(st.sampled_from(list(POOLS)))
    value = st.sampled_from(POOLS[name])
    operator = draw(st.sampled_from(list(Operator)) if name in ORDERED else st.just(Operator.IS))
    if operator is Operator.IS:
        return Comparison(name, operator, tuple(draw(st.lists(value, min_size=1, max_size=3))))
    if operator is Operator.RANGE:
        first, last = draw(value), draw(value)
        return Comparison(
            name, operator, draw(st.sampled_from([(first, last), (first, ""), ("", last)]))
        )
    return Comparison(name, operator, (draw(value),))


@pytest.mark.usefixtures("context")
def test_a_search_finds_what_its_tree_says_of_each_ticket(cast: Cast):
    words = st.sampled_from(["printer", "lamp", "nothing"]).map(Word)

    @given(trees(st.one_of(comparisons(), words), most=6))
    @settings(max_examples=120)
    def search(tree: Tree) -> None:
        wanted = {number for number, known in enumerate(WORLD, 1) if is_true(tree, known)}
        rows = page(cast.sam, TicketFilter(q=written(tree))).rows
        assert {row.id for row in rows} == wanted, written(tree)

    search()


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("status:open,pending", {2, 3, 8}),
        ("status:open printer", {8}),
        ("printer -status:open", {1}),
        ("is:mine", {2, 5, 8}),
        ("assignee:none -tag:vip", {1, 7}),
        ('from:"ann archer" priority>=high', {1, 8}),
        ("from:ÁRCHER,COOPER", {1, 2, 4, 5, 8}),
        ('from:"Archer Ann"', {1, 2, 8}),
        ('from:"Ann Baker"', set()),
        ("from:%", set()),
        ("organization:ac -from:ann", {3, 6, 7}),
        ("priority:high..", {1, 5, 8}),
        ("priority:..low", {3}),
        ("-department:it", {1, 2, 3, 4, 5, 6, 8}),
        ("created:..2025", {6}),
        ("created>=2026-11-30", {1, 4, 7, 8}),
        ("created:yesterday", {2}),
        ("created<7d", {6}),
        ("updated<=1d", {5}),
        ("has:attachment OR tag:network", {4, 6}),
        ("printer OR status:closed", {1, 6, 8}),
        ("printer -lamp", {1}),
        ("-printer -status:closed", {2, 3, 4, 5, 7}),
        ("NOT (printer OR status:new)", {2, 3, 4, 5, 6}),
        ("from:nobody", set()),
        ("status:opn", set()),
    ],
)
def test_searches_find_their_tickets(cast: Cast, q: str, expected: set[int]):
    assert found(cast.sam, q) == expected
    full = full_page(cast.sam, TicketFilter(q=q), size=100).rows
    assert {row.id for row in full} == expected


@pytest.mark.usefixtures("context")
def test_a_day_begins_where_the_reader_is(cast: Cast):
    """The second was updated at midnight in Greenwich, which is nine o'clock in Tokyo."""
    assert 2 in found(cast.sam, "updated:today")
    with i18n.force_locale("en", "America/New_York"):
        assert 2 not in found(cast.sam, "updated:today")
        assert 2 in found(cast.sam, "updated:yesterday")


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize(
    ("q", "more", "expected"),
    [
        ("status:open", {"status": "open"}, {2, 8}),
        ("status:open", {"status": "new"}, set()),
        ("assignee:sue", {"view": "mine"}, set()),
        ("assignee:me", {"view": "mine"}, {2, 8}),
        ("assignee:sam", {"view": "unassigned"}, set()),
        ("tag:vip", {"tag": "network"}, {6}),
        ("from:ann", {"requester": "USR000002"}, set()),
        ("priority:urgent", {"view": "unsolved"}, {1}),
    ],
)
def test_a_search_narrows_the_filters_beside_it(
    cast: Cast, q: str, more: dict[str, str], expected: set[int]
):
    assert found(cast.sam, q, **more) == expected


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize(
    "q", ["status:open", "from:usr000001", "is:mine", "organization:ORG000001"]
)
def test_a_comparison_that_is_a_filter_becomes_one(cast: Cast, q: str):
    typed = typed_query.understand(cast.sam, TicketFilter(q=q))
    assert not typed.fields
    assert typed.filter != TicketFilter(q=q)
    assert typed.filter.q == ""


@pytest.mark.usefixtures("context")
def test_a_search_by_fields_keeps_the_order_that_was_asked_for(cast: Cast):
    def order(sort: str) -> list[int]:
        wanted = TicketFilter.from_args({"q": "status:new,solved", "sort": sort})
        return [row.id for row in page(cast.sam, wanted).rows]

    assert order("-priority") == [1, 5, 7]
    assert order("created_at") == [1, 5, 7]
    assert order("-updated_at") == [1, 7, 5]


@pytest.mark.usefixtures("context")
@pytest.mark.parametrize("sort", ["-updated_at", "updated_at", "-created_at", "-priority"])
def test_pages_of_a_search_leave_nothing_out_and_repeat_nothing(cast: Cast, sort: str):
    seen: list[int] = []
    wanted = TicketFilter.from_args({"q": "-status:closed,on_hold", "sort": sort})
    while True:
        found_here = page(cast.sam, wanted, size=2)
        seen += [row.id for row in found_here.rows]
        if found_here.next is None:
            break
        wanted = TicketFilter.from_args({"q": wanted.q, "sort": sort, "cursor": found_here.next})
    assert len(seen) == len(set(seen)) == 6


@pytest.mark.usefixtures("context")
def test_customers_search_with_signs_within_what_they_see(cast: Cast):
    assert found(cast.ann, "printer -lamp") == {1}
    assert found(cast.ann, "NOT printer") == {2, 3, 6, 7}
    assert found(cast.ann, "lamp OR printer") == {1, 8}
    assert found(cast.carl, "-printer") == {4, 5}


@pytest.mark.threat("foreign rows")
@pytest.mark.usefixtures("context")
@pytest.mark.parametrize(
    "q", ["assignee:sam", "tag:vip", "is:mine", "organization:Carl OR from:sue"]
)
def test_for_customers_fields_are_words_that_no_ticket_has(cast: Cast, q: str):
    for customer in (cast.ann, cast.bob, cast.carl):
        assert found(customer, q) == set()
