"""Who may ask for which table, what is kept of the question, and who may have the file."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.ctx import AppContext
from sqlalchemy import select

from portal import clock
from portal.errors import Forbidden, Invalid, NotFound, ProofNeeded, TooManyExports
from portal.extensions import begin_write, db
from portal.models.operations import FileFormat, TableExport, TableExportState, TableKind
from portal.models.people import AccountEvent, Actor, Role, User
from portal.queries.operations import table_exports as queries
from portal.queries.operations.export_tables.tables import TABLES
from portal.security import permissions
from portal.services.operations import table_exports
from portal.services.operations.table_exports import MAX_OPEN, Order
from portal.services.people import users
from portal.storage import Stored
from tests import factories
from tests.cast import Cast

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
PEOPLE = Order(TableKind.PEOPLE)


@pytest.fixture
def desk(context: AppContext, cast: Cast) -> Cast:
    begin_write()
    return cast


def ask(person: Actor, order: Order = PEOPLE) -> TableExport:
    return table_exports.ask(actor=person, order=order)


def made(person: Actor) -> TableExport:
    """A finished one."""
    export = ask(person)
    lease = table_exports.claim(export.id)
    assert lease
    assert table_exports.finish(lease, Stored("0" * 32, 5, ""), 6) == []
    return db.session.get_one(TableExport, export.id, populate_existing=True)


def log() -> list[tuple[str, int | None, dict[str, Any]]]:
    query = select(AccountEvent).where(AccountEvent.kind.like("table_export%"))
    rows = db.session.scalars(query.order_by(AccountEvent.id))
    return [(row.kind, row.actor_id, row.data) for row in rows]


def another_admin(desk: Cast) -> Actor:
    users.set_role(actor=desk.ada, user=db.session.get_one(User, desk.sue.id), role=Role.ADMIN)
    db.session.flush()
    return factories.actor(db.session.get_one(User, desk.sue.id))


@pytest.mark.parametrize("name", ["ann", "carl", "sam"])
def test_admins_alone_may_ask(desk: Cast, name: str) -> None:
    with pytest.raises(Forbidden):
        ask(getattr(desk, name))


@pytest.mark.parametrize(
    "verb",
    [
        lambda person, export: ask(person),
        lambda person, export: table_exports.ask_again(actor=person, export_id=export.id),
        lambda person, export: table_exports.record_fetch(actor=person, export=export),
    ],
)
def test_who_takes_something_away_proves_who_they_are(
    desk: Cast, verb: Callable[[Actor, TableExport], object]
) -> None:
    export = made(desk.ada)
    with pytest.raises(ProofNeeded):
        verb(replace(desk.ada, confirmed_at=None), export)


def test_the_log_of_actions_says_who_took_what(desk: Cast) -> None:
    export = made(desk.ada)
    table_exports.record_fetch(actor=desk.ada, export=export)
    db.session.flush()
    about = {"export": export.id, "table": "people", "format": "csv"}
    assert log() == [
        ("table_export_asked", desk.ada.id, about),
        ("table_export_fetched", desk.ada.id, about | {"rows": 6}),
    ]


def test_the_same_is_not_written_twice_at_once(desk: Cast) -> None:
    first = ask(desk.ada)
    assert ask(desk.ada) is first
    assert ask(desk.ada, Order(TableKind.PEOPLE, FileFormat.XLSX)).id != first.id
    first.state = TableExportState.READY
    assert ask(desk.ada).id != first.id


def test_so_many_may_be_waiting_and_no_more(desk: Cast) -> None:
    for name in list(TABLES[TableKind.PEOPLE].columns)[:MAX_OPEN]:
        ask(desk.ada, Order(TableKind.PEOPLE, columns=[name]))
    with pytest.raises(TooManyExports):
        ask(desk.ada, Order(TableKind.ACTIONS))
    assert ask(another_admin(desk), Order(TableKind.ACTIONS))


@pytest.mark.parametrize(
    ("order", "wrong"),
    [
        (Order(TableKind.PEOPLE, columns=["password_hash"]), {"columns": "unknown"}),
        (Order(TableKind.PEOPLE, since=MONDAY, until=MONDAY), {"until": "ends_before"}),
        (Order(TableKind.TICKETS, query="status=lost"), {"status": "unknown"}),
        (Order(TableKind.TICKETS, query="q=" + "x" * 300), {"q": "too_long"}),
        (Order(TableKind.TICKETS, query="q=status:"), {"q": "mistaken"}),
        (Order(TableKind.TICKETS, query="q=(cold"), {"q": "mistaken"}),
    ],
)
def test_what_cannot_be_written_is_refused_by_its_field(
    desk: Cast, order: Order, wrong: dict[str, str]
) -> None:
    with pytest.raises(Invalid) as refused:
        ask(desk.ada, order)
    assert refused.value.details == wrong
    assert db.session.scalars(select(TableExport)).all() == []


def test_columns_are_kept_in_their_order_once_each(desk: Cast) -> None:
    order = Order(TableKind.PEOPLE, columns=["email", "id", "email"])
    assert list(ask(desk.ada, order).columns) == ["email", "id"]
    assert tuple(ask(desk.ada).columns) == TABLES[TableKind.PEOPLE].usual


def test_columns_are_remembered_for_who_chose_them(desk: Cast) -> None:
    ask(desk.ada, Order(TableKind.PEOPLE, columns=["email"]))
    ask(desk.ada, Order(TableKind.PEOPLE, columns=["email", "id"]))
    ask(desk.ada, Order(TableKind.ACTIONS, columns=["kind"]))
    assert queries.last_columns(desk.ada, TableKind.PEOPLE) == ["email", "id"]
    assert queries.last_columns(desk.ada, TableKind.TICKETS) is None
    assert queries.last_columns(desk.sue, TableKind.PEOPLE) is None


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("", "view=all"),
        ("view=mine&status=open&saved=7&cursor=1.2&sort=-priority", "view=mine&status=open"),
        ("q=cold+water&sort=relevance", "view=all&q=cold+water"),
    ],
)
def test_a_filter_is_kept_without_what_was_the_pages_own(desk: Cast, asked: str, kept: str) -> None:
    assert ask(desk.ada, Order(TableKind.TICKETS, query=asked)).query == kept


def test_other_tables_have_no_filter(desk: Cast) -> None:
    assert ask(desk.ada, Order(TableKind.PEOPLE, query="status=open")).query == ""


@pytest.mark.parametrize("state", [TableExportState.WAITING, TableExportState.RUNNING])
def test_what_is_open_can_be_called_off(desk: Cast, state: str) -> None:
    export = ask(desk.ada)
    export.state = state
    assert table_exports.cancel(actor=desk.ada, export_id=export.id)
    db.session.refresh(export)
    assert (export.state, export.lease) == (TableExportState.CANCELLED, None)
    assert not table_exports.cancel(actor=desk.ada, export_id=export.id)


def test_what_is_ready_stays_ready(desk: Cast) -> None:
    export = made(desk.ada)
    assert not table_exports.cancel(actor=desk.ada, export_id=export.id)
    assert queries.find_file(desk.ada, export.id)


def test_what_has_failed_can_be_asked_for_again_as_it_was(desk: Cast) -> None:
    order = Order(
        TableKind.TICKETS,
        FileFormat.XLSX,
        ["number", "tags"],
        "status=open",
        MONDAY,
        MONDAY + timedelta(days=7),
    )
    export = ask(desk.ada, order)
    lease = table_exports.claim(export.id)
    assert lease
    table_exports.refuse(lease, "no room")
    again = table_exports.ask_again(actor=desk.ada, export_id=export.id)
    assert again.id != export.id
    same = "kind", "format", "columns", "query", "since", "until"
    assert [getattr(again, name) for name in same] == [getattr(export, name) for name in same]
    assert again.state == TableExportState.WAITING


def test_admins_have_what_other_admins_asked_for(desk: Cast) -> None:
    export = made(desk.ada)
    assert queries.find_file(another_admin(desk), export.id)


@pytest.mark.parametrize("name", ["ann", "sam"])
def test_nobody_else_knows_of_it(desk: Cast, name: str) -> None:
    export = made(desk.ada)
    person = getattr(desk, name)
    for find in (queries.find, queries.find_file):
        with pytest.raises(NotFound):
            find(person, export.id)
    for verb in (table_exports.cancel, table_exports.ask_again):
        with pytest.raises(NotFound):
            verb(actor=person, export_id=export.id)


def test_who_lost_the_right_has_no_file_any_more(desk: Cast) -> None:
    export = made(desk.ada)
    assert queries.find_file(desk.ada, export.id)
    with pytest.raises(NotFound):
        queries.find_file(replace(desk.ada, role=Role.STAFF), export.id)
    assert not permissions.can_see_export(replace(desk.ada, role=Role.STAFF), desk.ada.id)


def test_the_file_is_there_for_a_week(desk: Cast) -> None:
    export = made(desk.ada)
    with clock.at(clock.now() + timedelta(days=7)), pytest.raises(NotFound):
        queries.find_file(desk.ada, export.id)
    assert queries.find(desk.ada, export.id)


def test_the_list_has_the_newest_first_and_goes_on(desk: Cast) -> None:
    for name in ("id", "email", "role"):
        ask(desk.ada, Order(TableKind.PEOPLE, columns=[name]))
    page = queries.page(desk.ada, size=2)
    assert [row.TableExport.columns for row in page.rows] == [["role"], ["email"]]
    rest = queries.page(desk.ada, size=2, cursor=int(page.next or 0))
    assert [row.TableExport.columns for row in rest.rows] == [["id"]]
    assert (rest.next, page.rows[0].first_name) == (None, "Ada")
