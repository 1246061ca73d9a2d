from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models.tickets import Department, Ticket
from portal.services.tickets import departments, tags
from tests import factories
from tests.cast import Cast
from tests.page import Visitor

CHANGES = [
    ("status", {"status": "pending"}),
    ("priority", {"priority": "urgent"}),
    ("type", {"type": "problem"}),
    ("assignment", {"assignee": "me"}),
    ("tags", {"tags": "vpn printer"}),
]


@pytest.fixture
def filed(app: Flask, cast: Cast) -> factories.Filed:
    return factories.file_ticket(app, cast.ann, "No hot water")


def ticket(app: Flask, filed: factories.Filed) -> Ticket:
    with app.app_context():
        return db.session.get_one(Ticket, filed.id)


@pytest.mark.parametrize(("what", "fields"), CHANGES)
def test_staff_change_a_fact_by_a_plain_form(
    client: Visitor,
    app: Flask,
    cast: Cast,
    filed: factories.Filed,
    what: str,
    fields: dict[str, str],
):
    answer = client.sign_in(cast.sam).post(f"/tickets/{filed.number}/{what}", fields)
    assert answer.location == f"/tickets/{filed.number}"
    assert ticket(app, filed).version == 2


@pytest.mark.parametrize(("what", "fields"), CHANGES)
def test_staff_change_a_fact_by_htmx(
    client: Visitor,
    app: Flask,
    cast: Cast,
    filed: factories.Filed,
    what: str,
    fields: dict[str, str],
):
    path = f"/tickets/{filed.number}/{what}"
    page = client.sign_in(cast.sam).post(path, fields, status=200, htmx=True)
    assert page.one(id="ticket-facts")
    assert page.one("input", name="version")["value"] == "2"


@pytest.mark.parametrize(("what", "fields"), CHANGES)
def test_who_may_not_changes_nothing(
    visit: Callable[[], Visitor],
    app: Flask,
    cast: Cast,
    filed: factories.Filed,
    what: str,
    fields: dict[str, str],
):
    path = f"/tickets/{filed.number}/{what}"
    assert visit().post(path, fields).location == "/auth/login"
    visit().sign_in(cast.carl).post(path, fields, status=404)
    visit().sign_in(cast.bob).post(path, fields, status=404)
    visit().sign_in(cast.ann).post(path, fields, status=403)
    visit().sign_in(cast.sam).get(path, status=405)
    visit().sign_in(cast.sam).post(f"/tickets/REQ999999/{what}", fields, status=404)
    assert ticket(app, filed).version == 1


@pytest.mark.parametrize(
    ("what", "fields"),
    [
        ("status", {"status": "lost"}),
        ("status", {}),
        ("priority", {"priority": "1"}),
        ("priority", {"priority": "HIGH"}),
        ("type", {"type": "Problem"}),
        ("type", {}),
        ("assignment", {"assignee": "USR"}),
        ("assignment", {"assignee": "999999"}),
        ("assignment", {"assignee": "9" * 30}),
        ("tags", {"tags": "x" * 67}),
        ("tags", {"tags": "x" * 5000}),
        ("tags", {"tags": " ".join(str(number) for number in range(21))}),
    ],
)
def test_malformed_values_are_refused(
    client: Visitor,
    app: Flask,
    cast: Cast,
    filed: factories.Filed,
    what: str,
    fields: dict[str, str],
):
    client.sign_in(cast.sam).post(f"/tickets/{filed.number}/{what}", fields, status=422)
    assert ticket(app, filed).version == 1


UNDONE = [
    ("status", {"status": "solved"}, "status", "new"),
    ("priority", {"priority": "urgent"}, "priority", 2),
    ("assignment", {"assignee": "me"}, "assignee_id", None),
    ("type", {"type": "problem"}, "type", None),
    ("department", {"department": "Billing"}, "department", None),
]


@pytest.fixture
def billing(app: Flask, cast: Cast) -> None:
    """A department whose new tickets are Sue's."""
    with factories.writing(app):
        department = departments.create(actor=cast.ada, name="Billing")
        department.default_assignee_id = cast.sue.id


@pytest.mark.usefixtures("billing")
@pytest.mark.parametrize(("what", "fields", "column", "before"), UNDONE)
def test_a_change_is_taken_back_with_the_times_that_were(
    client: Visitor,
    app: Flask,
    cast: Cast,
    filed: factories.Filed,
    what: str,
    fields: dict[str, str],
    column: str,
    before: object,
):
    was = ticket(app, filed)
    client.sign_in(cast.sam).post(f"/tickets/{filed.number}/{what}", fields)
    undo = way_back(client, filed)
    client.post(undo)
    now = ticket(app, filed)
    assert getattr(now, column) == before
    assert (now.updated_at, now.waiting_since) == (was.updated_at, was.waiting_since)
    assert (now.solved_at, now.assignee_id) == (None, None)
    assert "It is as it was." in client.get(f"/tickets/{filed.number}").words


def test_tags_come_back_as_they_were(
    client: Visitor, app: Flask, cast: Cast, filed: factories.Filed
):
    path = f"/tickets/{filed.number}/tags"
    client.follow(client.sign_in(cast.sam).post(path, {"tags": "vpn old"}))
    client.post(path, {"tags": "new"})
    client.post(way_back(client, filed))
    with app.app_context():
        assert tags.names_of(db.session.get_one(Ticket, filed.id)) == ["old", "vpn"]


def test_a_department_that_is_gone_does_not_come_back(
    client: Visitor, app: Flask, cast: Cast, filed: factories.Filed, billing: None
):
    path = f"/tickets/{filed.number}"
    client.sign_in(cast.sam)
    client.follow(client.post(f"{path}/department", {"department": "Billing"}))
    client.post(f"{path}/department", {"department": ""})
    undo = way_back(client, filed)
    with factories.writing(app):
        db.session.delete(db.session.scalars(select(Department)).one())
        departments.touch()
    client.post(undo)
    assert "somebody or something it had is no more" in client.get(path).words
    assert ticket(app, filed).department is None


def test_the_type_that_was_set_is_shown(client: Visitor, cast: Cast, filed: factories.Filed):
    path = f"/tickets/{filed.number}"
    client.sign_in(cast.sam).post(f"{path}/type", {"type": "problem"})
    assert client.get(path).one(id="fact-type").text.endswith("Problem")


def test_what_was_changed_since_stays_as_it_is(
    visit: Callable[[], Visitor], app: Flask, cast: Cast, filed: factories.Filed
):
    sam = visit().sign_in(cast.sam)
    sam.post(f"/tickets/{filed.number}/priority", {"priority": "urgent"})
    undo = way_back(sam, filed)
    visit().sign_in(cast.sue).post(f"/tickets/{filed.number}/priority", {"priority": "low"})
    sam.post(undo)
    assert "changed since and stays" in sam.get(f"/tickets/{filed.number}").words
    assert ticket(app, filed).priority == 1


def test_a_change_is_undone_by_who_made_it_at_its_ticket(
    visit: Callable[[], Visitor], app: Flask, cast: Cast, filed: factories.Filed
):
    other = factories.file_ticket(app, cast.ann, "No light")
    sam = visit().sign_in(cast.sam)
    sam.post(f"/tickets/{filed.number}/priority", {"priority": "urgent"})
    undo = way_back(sam, filed)
    visit().sign_in(cast.sue).post(undo, status=404)
    sam.post(undo.replace(filed.number, other.number), status=404)
    assert ticket(app, filed).priority == 4


def test_there_is_no_undo_where_nothing_was_changed_or_the_change_is_final(
    client: Visitor, cast: Cast, filed: factories.Filed
):
    client.sign_in(cast.sam)
    for fields in ({"status": "new"}, {"status": "closed"}):
        client.post(f"/tickets/{filed.number}/status", fields)
        assert not client.get(f"/tickets/{filed.number}").all("form", class_="undo-change")
    client.post(f"/tickets/{filed.number}/priority", {"priority": "low"}, status=409)


def way_back(client: Visitor, filed: factories.Filed) -> str:
    """The address of the undo that the page offers."""
    return client.get(f"/tickets/{filed.number}").one("form", class_="undo-change")["action"]


def test_a_ticket_is_not_given_to_a_customer(
    client: Visitor, app: Flask, cast: Cast, filed: factories.Filed
):
    path = f"/tickets/{filed.number}/assignment"
    client.sign_in(cast.sam).post(path, {"assignee": str(cast.bob.id)}, status=422)
    assert ticket(app, filed).assignee_id is None


def test_a_customer_solves_and_reopens(
    client: Visitor, app: Flask, cast: Cast, filed: factories.Filed
):
    path = f"/tickets/{filed.number}/status"
    client.sign_in(cast.ann)
    for status in ("solved", "open", "closed"):
        client.post(path, {"status": status})
        assert ticket(app, filed).status == status
    page = client.post(path, {"status": "open"}, status=409)
    assert "closed is final" in page.words


def test_an_imported_ticket_shows_the_number_that_its_requester_knows(
    client: Visitor, app: Flask, cast: Cast, filed: factories.Filed
) -> None:
    path = f"/tickets/{filed.number}"
    assert "Former number" not in client.sign_in(cast.ann).get(path).words
    with factories.writing(app):
        db.session.get_one(Ticket, filed.id).external_number = "ZD-<4711>"
    for reader in (cast.ann, cast.sam):
        page = client.sign_in(reader).get(path)
        assert "ZD-<4711>" in page.one(id="ticket-details").text
