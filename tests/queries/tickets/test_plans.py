"""Every list that the pages offer is read in the order of an index, on both databases.

What PostgreSQL really does depends on its statistics, and a test's few rows have none to speak of.
So it is asked whether it can: with sorting made expensive, a plan that still sorts has no index.
"""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import pytest
from flask import Flask
from flask.ctx import AppContext
from sqlalchemy import event, select, text

from portal import clock
from portal.extensions import begin_write, db
from portal.models.people import Actor, Sight
from portal.models.tickets import Rating, Ticket
from portal.queries.paging import AnySelect
from portal.queries.tickets import customers, ratings, search, trash, waiting_questions
from portal.queries.tickets.lists import list_statement, ticket_list
from portal.queries.tickets.lists.ticket_filter import Sort, TicketFilter, View
from portal.queries.tickets.lists.ticket_since import EVER, Since
from portal.queries.tickets.tickets import visible_to
from portal.queries.webhooks import deliveries
from tests.cast import Cast, make_cast
from tests.databases import unchanged


@pytest.fixture(scope="module")
def cast(shared_app: Flask) -> Iterator[Cast]:
    """Nobody here writes: the same people for all."""
    made = make_cast(shared_app)
    with unchanged(shared_app):
        yield made


@pytest.fixture
def context(shared_app: Flask, cast: Cast) -> Iterator[AppContext]:
    with shared_app.app_context() as held:
        yield held


def filters() -> Iterator[TicketFilter]:
    """All that a URL can ask of the queue, but for words, in each order that is offered."""
    choices = {
        "view": list(View),
        "status": ["", "open", "closed"],
        "priority": ["", "urgent"],
        "channel": ["", "api"],
        "assignee": ["", "none", "USR000004"],
        "requester": ["", "USR000001"],
        "organization": ["", "ORG000001"],
        "tag": ["", "network"],
        "product": ["", "PRD000001"],
    }
    for values in product(*choices.values()):
        chosen = {name: str(value) for name, value in zip(choices, values, strict=True) if value}
        for sort in TicketFilter.from_args(chosen).sorts:
            wanted = TicketFilter.from_args({**chosen, "sort": sort.value})
            if not wanted.is_empty:
                yield wanted


def each_shape(actor: Actor) -> list[TicketFilter]:
    """One of `filters` for each statement. A status may have an index of its own."""
    nothing = search.parse("", actor)
    shapes = {(list_statement.shape_of(actor, w, nothing), w.status): w for w in filters()}
    return list(shapes.values())


def plan(actor: Actor, wanted: TicketFilter, since: Since = EVER) -> list[str]:
    found = search.parse(wanted.q, actor)
    shape = list_statement.shape_of(actor, wanted, found)._replace(since=since.names)
    values = ticket_list.filter_values(actor, wanted, shape, found) | {"size": 31} | since.values
    return steps(list_statement.statement(shape).query, values)


def steps(statement: AnySelect, values: dict[str, Any]) -> list[str]:
    connection = db.session.connection()
    compiled = statement.compile(
        dialect=connection.dialect, compile_kwargs={"render_postcompile": True}
    )
    processors: dict[str, Any] = compiled._bind_processors
    bound = {
        name: processors[name](value) if name in processors else value
        for name, value in compiled.construct_params(values).items()
    }
    if connection.dialect.name == "sqlite":
        return explained(str(compiled), tuple(bound[name] for name in compiled.positiontup or ()))
    return explained(str(compiled), bound)


def explained(text: str, parameters: Any) -> list[str]:
    connection = db.session.connection()
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", parameters)
        return [row[3] for row in rows]
    for node in ("sort", "incremental_sort", "seqscan", "bitmapscan", "hashjoin", "mergejoin"):
        connection.exec_driver_sql(f"SET enable_{node} = off")
    try:
        return [row[0] for row in connection.exec_driver_sql(f"EXPLAIN {text}", parameters)]
    finally:
        connection.exec_driver_sql("RESET ALL")


def sorts(plan: list[str]) -> list[str]:
    """What is sorted, but for ids that are listed before any ticket is read."""
    return [
        step
        for at, step in enumerate(plan)
        if ("TEMP B-TREE" in step or "Sort" in step)
        and not any("search_index_tickets" in below for below in plan[at : at + 3])
    ]


def test_every_filter_of_the_queue_is_read_in_the_order_of_an_index(
    cast: Cast, context: AppContext
):
    plans = {wanted.to_query(): plan(cast.sam, wanted) for wanted in each_shape(cast.sam)}
    assert not {query: found for query, steps in plans.items() if (found := sorts(steps))}
    # The index of the trash serves nothing but the trash.
    assert not [query for query, steps in plans.items() if "ix_tickets_trash" in str(steps)]


@pytest.mark.parametrize(
    "q",
    [
        "status:open,pending",
        "-status:closed -tag:spam",
        "priority>=high",
        "updated:7d",
        "assignee:sam,none",
        'from:"ann archer" OR organization:acme',
        "has:attachment OR created:2026-11..",
        "NOT (printer OR department:it)",
        "printer -status:closed",
    ],
)
def test_a_search_by_fields_leaves_the_list_in_the_order_of_its_index(
    cast: Cast, context: AppContext, q: str
):
    sent: list[tuple[str, Any]] = []

    def note(_conn: object, _cursor: object, text: str, parameters: Any, *_more: object) -> None:
        sent.append((text, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    for sort in ("-updated_at", "-created_at", "-priority"):
        for view in ("all", "unsolved"):
            wanted = TicketFilter.from_args({"q": q, "sort": sort, "view": view})
            ticket_list.page(cast.sam, wanted)
    event.remove(db.engine, "before_cursor_execute", note)
    assert len(sent) == 6
    assert not [step for statement in sent for step in sorts(explained(*statement))]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # which is told what to read by
@pytest.mark.parametrize(
    ("query", "index"),
    [
        ({"channel": "api"}, "ix_tickets_channel_updated"),
        ({"channel": "api", "status": "closed"}, "ix_tickets_channel_updated"),
        ({"channel": "api", "sort": "created_at"}, "ix_tickets_channel_id"),
        ({"channel": "api", "sort": "-priority"}, "ix_tickets_priority_updated"),
        ({"channel": "api", "priority": "urgent"}, "ix_tickets_priority_updated"),
        ({"channel": "api", "view": "unsolved"}, "ix_tickets_unsolved_channel"),
        ({"channel": "api", "status": "open"}, "ix_tickets_unsolved_channel"),
        ({"channel": "api", "view": "unsolved", "sort": "created_at"}, "ix_tickets_unsolved_id"),
        ({"channel": "api", "view": "mine"}, "ix_tickets_unsolved_assignee"),
    ],
)
def test_a_channel_leads_where_nothing_leaves_fewer_tickets(
    cast: Cast, context: AppContext, query: dict[str, str], index: str
):
    assert index in " ".join(plan(cast.sam, TicketFilter.from_args(query))).split()


KINDS = {"type": "incident", "department": "IT", "language": "de"}


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize(
    "more", [{}, {"status": "closed"}, {"view": "unsolved"}, {"cursor": "1.7"}]
)
@pytest.mark.parametrize("sort", ["-updated_at", "updated_at"])
def test_a_kind_of_ticket_is_read_by_its_index(
    cast: Cast, context: AppContext, name: str, more: dict[str, str], sort: str
):
    wanted = TicketFilter.from_args({name: KINDS[name], "sort": sort, **more})
    found = plan(cast.sam, wanted)
    assert not sorts(found)
    if db.engine.name == "sqlite":  # which is told what to read by
        assert f"ix_tickets_{name}_updated" in str(found)


@pytest.mark.parametrize(
    ("more", "index"),
    [
        ({"requester": "USR000001"}, "ix_tickets_requester_updated"),
        ({"organization": "ORG000001"}, "ix_tickets_organization_updated"),
        ({"assignee": "USR000004"}, "ix_tickets_assignee_updated"),
        ({"channel": "api", "priority": "low"}, "ix_tickets_department_updated"),
    ],
    ids=str,
)
def test_kinds_are_asked_of_the_tickets_of_who_has_fewer(
    cast: Cast, context: AppContext, more: dict[str, str], index: str
):
    found = plan(cast.sam, TicketFilter.from_args({**KINDS, **more}))
    assert not sorts(found)
    if db.engine.name == "sqlite":
        assert index in str(found)


@pytest.mark.parametrize("person", ["ann", "bob"])
def test_a_customer_s_kinds_are_looked_for_among_their_own(
    cast: Cast, context: AppContext, person: str
):
    found = plan(getattr(cast, person), TicketFilter.from_args(KINDS))
    assert not sorts(found)
    assert "_public" in str(found)


@pytest.mark.parametrize("person", ["ann", "bob"])
@pytest.mark.parametrize("status", ["", "open", "closed"])
@pytest.mark.parametrize("cursor", ["", "1000000.7"])
def test_a_customers_list_is_read_in_the_order_of_an_index(
    cast: Cast, context: AppContext, person: str, status: str, cursor: str
):
    wanted = TicketFilter.from_args({"status": status, "cursor": cursor})
    found = plan(getattr(cast, person), wanted)
    assert not sorts(found)
    own = ("_public", "ix_tickets_unsolved_")
    reading = next(step for step in found if any(name in step for name in own))
    if cursor and db.engine.name == "sqlite":
        assert "<expr>" in reading  # begun at the cursor, not at the newest


@pytest.mark.parametrize("cursor", ["", "1000000.7"])
@pytest.mark.parametrize("state", ["open", "done"])
@pytest.mark.parametrize(("person", "mine"), [("ann", False), ("ann", True), ("bob", True)])
def test_a_customers_open_tickets_have_an_index_of_their_own(
    cast: Cast, context: AppContext, person: str, mine: bool, state: str, cursor: str
):
    view = "unsolved" if state == "open" else "all"
    wanted = TicketFilter.from_args({"view": view, "cursor": cursor})
    wanted = wanted.with_requester("me") if mine else wanted
    found = plan(getattr(cast, person), wanted.only_done if state == "done" else wanted)
    assert not sorts(found)
    owner = "requester" if mine else "organization"
    index = f"ix_tickets_unsolved_{owner}" if state == "open" else f"ix_tickets_{owner}_public"
    assert index in " ".join(found) or db.engine.name == "postgresql"


def test_what_waits_for_an_answer_is_among_the_open_ones(cast: Cast, context: AppContext):
    found = steps(waiting_questions.query_of(cast.bob), {})
    if db.engine.name == "sqlite":
        assert "ix_tickets_unsolved_requester" in " ".join(found)
    # The last message of each is found at the end of the index of its messages.
    assert not sorts(found)


@pytest.mark.parametrize(
    "since", [Since(created=clock.now()), Since(updated=clock.now())], ids=["created", "updated"]
)
@pytest.mark.parametrize("person", ["sam", "ann", "bob"])
@pytest.mark.parametrize(
    "query", [{}, {"status": "open"}, {"assignee": "USR000004"}, {"sort": "updated_at"}], ids=str
)
def test_a_list_since_a_moment_is_read_from_there_on(
    cast: Cast, context: AppContext, since: Since, person: str, query: dict[str, str]
):
    found = plan(getattr(cast, person), TicketFilter.from_args(query), since)
    assert not sorts(found)
    if db.engine.name == "sqlite":
        reading = next(step for step in found if " tickets " in step)
        assert "updated_at>?" in reading or "<expr>>?" in reading


@pytest.mark.parametrize("cursor", ["", "1000000.7"])
def test_the_trash_is_read_in_the_order_of_its_index(context: AppContext, cursor: str):
    values = {"size": 31, **(trash._parse_cursor(cursor) if cursor else {})}
    found = steps(trash._page(after=bool(cursor)), values)
    assert any("ix_tickets_trash" in step for step in found)
    # Who deleted a ticket is looked for at the end of its history, in the order of that index.
    assert not sorts(found)


@pytest.mark.parametrize("statement", [deliveries._health, deliveries._first_due])
def test_how_webhooks_stand_is_read_from_indexes(
    context: AppContext, statement: Callable[[], AnySelect]
):
    found = steps(statement(), {})
    assert any("ix_webhook_deliveries" in step for step in found)
    whole = ("SCAN webhook_deliveries", "Seq Scan on webhook_deliveries")
    assert not [step for step in found if step.strip(" ->").startswith(whole)]
    assert not sorts(found)


def test_words_are_looked_up_in_the_index_of_words(cast: Cast, context: AppContext):
    found = plan(cast.sam, TicketFilter.from_args({"q": "printer"}))
    assert any("search_index" in step for step in found)
    assert not [step for step in found if step.strip("-> ").startswith("Seq Scan on search")]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_matches_that_are_listed_are_not_sorted_with_their_tickets(cast: Cast, context: AppContext):
    found = plan(cast.sam, TicketFilter.from_args({"q": "printer"}))
    assert "Function Scan on search_index_tickets" in str(found)
    assert not sorts(found)
    asked = db.session.execute(
        text("SELECT proconfig FROM pg_proc WHERE proname = 'search_index_tickets'")
    )
    # Else a planner that does not know the word reads all documents.
    assert {"enable_seqscan=off", "enable_indexscan=off"} <= set(asked.scalar_one())


def test_ratings_are_counted_and_read_by_their_own_index(cast: Cast, context: AppContext):
    counting, reading = steps(ratings._counts(), {}), steps(ratings._page(Rating.BAD), {})
    assert sum("ix_tickets_rated" in step for step in counting) == 2
    assert any("ix_tickets_rated" in step for step in reading)
    assert not sorts(reading)


# With no rows any of a person's indexes is as good to PostgreSQL.
@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("owner", ["requester", "organization"])
def test_numbers_of_a_customers_ratings_come_from_their_index(
    cast: Cast, context: AppContext, owner: str
):
    of_owner = {
        "requester": customers._of_person(Sight.ALL),
        "organization": customers._of_organization(Sight.ALL),
    }
    found = steps(of_owner[owner].query, {"owner_id": 1})
    assert sum(f"ix_tickets_rated_{owner}" in step for step in found) == len(Rating)


def test_a_customers_last_tickets_are_read_without_sorting(cast: Cast, context: AppContext):
    if db.engine.name == "postgresql":
        # Among few rows the index of all tickets is as good to it. Nobody commits this: outside a
        # transaction it would hold at once.
        begin_write()
        db.session.execute(text("DROP INDEX ix_tickets_updated"))
    found = steps(customers._recent(Sight.ALL).query, {"owner_id": 1})
    assert any("ix_tickets_requester_updated" in step for step in found) and not sorts(found)


def test_a_filter_that_contradicts_itself_asks_nothing(cast: Cast, context: AppContext):
    wanted = TicketFilter.from_args({"view": "unsolved", "status": "closed"})
    assert ticket_list.page(cast.sam, wanted).rows == []


@pytest.mark.threat("queries made of text")
def test_an_order_without_an_index_is_not_offered():
    mine = TicketFilter.from_args({"view": "all", "assignee": "me", "sort": "-priority"})
    assert Sort.PRIORITY not in mine.sorts
    assert mine.order is Sort.UPDATED


@pytest.mark.parametrize("more", [{}, {"view": View.UNSOLVED}, {"done": True}], ids=str)
def test_shared_tickets_are_read_from_the_rows_of_who_takes_part(
    cast: Cast, context: AppContext, more: dict[str, Any]
):
    """These are few, and sorted: one index has them, and none has them in the order of a list."""
    found = plan(cast.bob, TicketFilter(shared=True, **more))
    if db.engine.name == "sqlite":
        assert "ticket_participants" in found[0]
        assert "(user_id=?)" in found[0]
        assert "SEARCH tickets USING INTEGER PRIMARY KEY" in " ".join(found)
    else:  # of an empty table it does not know how few rows a person has
        assert "Seq Scan" not in " ".join(found)


@pytest.mark.parametrize("who", ["ann", "bob"])
def test_a_list_of_own_tickets_asks_for_no_participants(cast: Cast, context: AppContext, who: str):
    for wanted in (TicketFilter(), TicketFilter(view=View.UNSOLVED), TicketFilter(requester="me")):
        found = plan(getattr(cast, who), wanted)
        assert not sorts(found)
        assert "participants" not in " ".join(found)


@pytest.mark.parametrize("who", ["ann", "bob"])
def test_a_customers_ticket_is_read_by_its_number_and_not_by_who_takes_part(
    cast: Cast, context: AppContext, who: str
):
    seen = select(Ticket.id).where(Ticket.id == 1, visible_to(getattr(cast, who)))
    plan = " ".join(steps(seen, {}))
    # Of an empty table PostgreSQL takes any index that has the number.
    assert (
        "SEARCH tickets USING INTEGER PRIMARY KEY" in plan
        or "Index Cond: (id = '1'::bigint)" in plan
    )
    assert "(user_id=?)" in plan or "pk_ticket_participants" in plan
