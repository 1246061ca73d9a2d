"""What was made for somebody ends with the right to what is in it.

A row that keeps something put together out of what a person might see or do at that time (a copy
of their data, an answer to repeat, a way back) is a `RightsSnapshot`. Every such table stands here
with how it is made and fetched, and every change of rights is tried on it.
"""

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, inspect, select

from jobs.exports import export_person
from jobs.outbox import send_due
from jobs.parts.privacy import expire_exports
from portal import clock
from portal.errors import NotFound
from portal.extensions import db
from portal.models.delivery import NoticeKind, Outbox, OutboxState
from portal.models.delivery.outbox import OF_DESK, OF_ORGANIZATION
from portal.models.people import Actor, OrganizationRole, Right, Role, User
from portal.models.people.rights_snapshot import RightsSnapshot
from portal.models.people.user import RIGHTS
from portal.models.privacy import PrivacyRequest, PrivacyState
from portal.models.tickets import Priority, Ticket
from portal.queries.tickets.tickets import visible_to
from portal.security import permissions
from portal.services.delivery import mail_notifications
from portal.services.organizations import organizations
from portal.services.people import users
from portal.services.privacy import export_zip
from portal.services.tickets import comments, tickets
from portal.storage import Storage
from tests import factories
from tests.api.api_client import ApiClient, token_of
from tests.cast import Cast
from tests.page import Visitor
from tests.waiting import PATIENCE

pytestmark = pytest.mark.threat("rights kept or taken")

MADE = "made for one person: ends with any change of their rights"
READ = "read with the rights of now, each time"
OPENS = "opens an account: ended with the session, the key or the account"
SENT = "composed when it is sent: rights are asked for then"
RUN = "for those who run the desk, or for nobody"
TABLES = {
    "account_events": READ,
    "action_days": RUN,
    "actions": RUN,
    "api_keys": OPENS,
    "api_request_counts": RUN,
    "api_requests": RUN,
    "assistance_acts": READ,
    "attachments": READ,
    "blocked_senders": RUN,
    "bulk_change_tickets": READ,
    "bulk_changes": MADE,
    "comments": READ,
    "credentials": READ,
    "customer_notes": READ,
    "counting_progress": RUN,
    "departments": READ,
    "department_members": READ,
    "desk": RUN,
    "drafts": READ,
    "heartbeats": RUN,
    "idempotency_keys": MADE,
    "inbound_messages": READ,
    "invitations": READ,
    "learned_features": RUN,
    "learned_labels": RUN,
    "learned_tickets": RUN,
    "learning_progress": RUN,
    "mail_alarms": RUN,
    "mail_server": RUN,
    "mail_texts": RUN,
    "mail_trials": RUN,
    "mailboxes": RUN,
    "mailed_comments": READ,
    "model_calls": READ,
    "model_days": RUN,
    "model_permissions": READ,
    "named_roles": READ,
    "organizations": READ,
    "outbox": SENT,
    "passkeys": OPENS,
    "pending_attachments": OPENS,
    "pending_registrations": OPENS,
    "organization_domains": READ,
    "organization_storage": RUN,
    "plans": RUN,
    "stored_shards": RUN,
    "privacy_requests": MADE,
    "product_schedules": RUN,
    "product_stocks": READ,
    "product_syncs": READ,
    "products": READ,
    "read_only_mode": RUN,
    "recovery_codes": OPENS,
    "refresh_families": OPENS,
    "report_subscriptions": READ,
    "returned_mails": READ,
    "saved_replies": READ,
    "saved_views": READ,
    "scheduled_comments": SENT,
    "search_documents": READ,
    "search_names": READ,
    "settings": RUN,
    "table_export_schedules": RUN,
    "table_exports": READ,
    "statistics_cells": RUN,
    "tags": READ,
    "ticket_counts": RUN,
    "ticket_events": READ,
    "notifications": READ,
    "ticket_facts": RUN,
    "ticket_reads": READ,
    "ticket_types": READ,
    "ticket_viewers": READ,
    "ticket_participants": READ,
    "ticket_products": READ,
    "ticket_tags": READ,
    "thumbnails": READ,
    "tickets": READ,
    "unassisted_tickets": RUN,
    "uncounted_tickets": RUN,
    "unlearned_tickets": RUN,
    "unsent_attachments": READ,
    "user_sessions": OPENS,
    "user_tokens": OPENS,
    "users": READ,
    "webhook_attempts": READ,
    "webhook_deliveries": SENT,
    "webhooks": READ,
}
KEY = {"Idempotency-Key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}
SAID = "The boiler in room 42 is cold."


@dataclass(frozen=True)
class Desk:
    """The application and its people."""

    app: Flask
    cast: Cast

    def page(self, person: Actor) -> Visitor:
        return Visitor(self.app).sign_in(person)

    def api(self, person: Actor) -> ApiClient:
        return ApiClient(self.app, token_of(self.app, person))


@pytest.fixture
def desk(app: Flask, cast: Cast) -> Desk:
    return Desk(app, cast)


# Whether the thing is given to its person now, who has signed in for it.
Given = Callable[[], bool]


def copy_of_data(desk: Desk) -> Iterator[Given]:
    """Bob's copy of his data, by page and API."""
    bob = desk.cast.bob
    factories.file_ticket(desk.app, bob, message=SAID)
    location = desk.api(bob).post("/account/export-data", status=202).headers["Location"]
    number = int(location.rpartition("/")[2])
    with desk.app.app_context():
        export_person(number)

    def given(body: bytes) -> bool:
        if not body.startswith(b"PK"):
            return False
        with zipfile.ZipFile(io.BytesIO(body)) as export_zip:
            return any(SAID.encode() in export_zip.read(name) for name in export_zip.namelist())

    path = f"/account/privacy/exports/{number}"
    yield lambda: given(desk.page(bob).http.get(path).data)
    yield lambda: bool(desk.page(bob).http.get("/account/privacy").data.count(path.encode()))
    yield lambda: given(desk.api(bob).ask("GET", f"/account/exports/{number}").body)


def answers_to_repeat(desk: Desk) -> Iterator[Given]:
    """What Bob's programs were answered when they filed, spoke and sent a file."""
    bob, body = desk.cast.bob, {"subject": "Boiler", "message": SAID}
    for path, send in (
        ("/tickets", lambda: {"json": body}),
        ("/tickets/REQ000001/comments", lambda: {"json": {"message": SAID}}),
        ("/tickets/REQ000001/attachments", lambda: {"data": {"attachments": _file()}}),
    ):
        assert desk.api(bob).call("POST", path, 201, headers=KEY, **send()).body
        yield (
            lambda path=path, send=send: (
                "Idempotent-Replayed"
                in desk.api(bob).ask("POST", path, headers=KEY, **send()).headers
            )
        )


def way_back(desk: Desk) -> Iterator[Given]:
    """Sam's undo of what he did to many tickets."""
    sam = desk.cast.sam
    factories.file_ticket(desk.app, desk.cast.bob)
    fields = {"numbers": "REQ000001", "action": "priority:urgent"}
    page = desk.page(sam).post("/tickets/queue/bulk", fields, 200, htmx=True)
    token = page.one("input", name="token")["value"]

    def given() -> bool:
        visitor = desk.page(sam)
        fields = {"token": token, "csrf_token": visitor.csrf_token()}
        visitor.http.post("/tickets/queue/undo", data=fields)
        with desk.app.app_context():
            return db.session.get_one(Ticket, 1).priority != Priority.URGENT

    yield given


def _file() -> tuple[io.BytesIO, str]:
    return (io.BytesIO(b"12 degrees"), "log.txt")


THINGS: dict[str, tuple[str, Callable[[Desk], Iterator[Given]]]] = {
    "privacy_requests": ("bob", copy_of_data),
    "idempotency_keys": ("bob", answers_to_repeat),
    "bulk_changes": ("sam", way_back),
}


def remove(cast: Cast, person: User) -> None:
    organizations.remove_member(actor=owner_over(cast, person), member_id=person.id)


def remove_and_take_back(cast: Cast, person: User) -> None:
    organization_id, place = person.organization_id, person.organization_role
    remove(cast, person)
    db.session.flush()
    person.organization_id, person.organization_role = organization_id, place


def change_place(cast: Cast, person: User) -> None:
    place = OrganizationRole.VIEWER
    organizations.set_member_role(actor=owner_over(cast, person), member_id=person.id, role=place)


def change_platform_role(cast: Cast, person: User) -> None:
    role = Role.CUSTOMER if person.role == Role.STAFF else Role.STAFF
    users.set_role(actor=cast.ada, user=person, role=role)


def change_platform_role_twice(cast: Cast, person: User) -> None:
    change_platform_role(cast, person)
    db.session.flush()
    change_platform_role(cast, person)


def disable(cast: Cast, person: User) -> None:
    users.set_active(actor=cast.ada, user=person, active=False)


def disable_and_enable(cast: Cast, person: User) -> None:
    disable(cast, person)
    db.session.flush()
    users.set_active(actor=cast.ada, user=person, active=True)


def throw_the_ticket_away(cast: Cast, _person: User) -> None:
    tickets.delete(actor=cast.sue, ticket=db.session.get_one(Ticket, 1))


def owner_over(cast: Cast, person: User) -> Actor:
    return cast.ann if person.organization_id == cast.ann.organization_id else cast.ada


CHANGES = [
    remove,
    remove_and_take_back,
    change_place,
    change_platform_role,
    change_platform_role_twice,
    disable,
    disable_and_enable,
    throw_the_ticket_away,
]


def test_of_every_table_is_decided_whether_it_keeps_what_was_made() -> None:
    assert set(TABLES) == set(db.metadata.tables)
    made = {name for name, kind in TABLES.items() if kind == MADE}
    models = [mapper.class_ for mapper in db.Model.registry.mappers]
    marked = {model.__tablename__ for model in models if issubclass(model, RightsSnapshot)}
    assert made == marked == set(THINGS)


@pytest.mark.parametrize("name", THINGS)
def test_what_was_made_is_given_while_nothing_changes(desk: Desk, name: str) -> None:
    givens = list(THINGS[name][1](desk))
    assert givens
    assert all(given() for given in givens)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", THINGS)
def test_what_was_made_ends_with_each_change_of_rights(
    desk: Desk, name: str, change: Callable[[Cast, User], None]
) -> None:
    person, make = THINGS[name]
    givens = list(make(desk))
    with factories.writing(desk.app):
        change(desk.cast, db.session.get_one(User, getattr(desk.cast, person).id))
    assert not any(given() for given in givens)


@pytest.mark.parametrize("change", [remove, change_place, throw_the_ticket_away])
def test_the_file_of_a_copy_that_has_ended_is_swept_away(
    desk: Desk, change: Callable[[Cast, User], None]
) -> None:
    list(copy_of_data(desk))
    storage: Storage = desk.app.extensions["lodge.storage"]
    with desk.app.app_context():
        key = db.session.scalars(select(PrivacyRequest.storage_key)).one()
        assert key
        expire_exports()
        storage.open(key).close()
    with factories.writing(desk.app):
        change(desk.cast, db.session.get_one(User, desk.cast.bob.id))
    with desk.app.app_context():
        expire_exports()
        assert db.session.scalars(select(PrivacyRequest.state)).one() == PrivacyState.EXPIRED
        with pytest.raises(NotFound):
            storage.open(key)
    page = desk.page(desk.cast.bob).get("/account/privacy")
    assert "Your copy has ended" in page.words
    assert "Export my data" in page.words


def test_a_copy_that_is_being_made_meanwhile_is_made_anew(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is read by the rights of before is given to nobody."""
    bob, read = desk.cast.bob, export_zip.pieces
    factories.file_ticket(desk.app, bob, message=SAID)
    desk.api(bob).post("/account/export-data", status=202)

    def interrupted(*args: Any) -> Iterator[export_zip.Piece]:
        yield from read(*args)
        with desk.app.app_context(), factories.writing(desk.app):
            remove(desk.cast, db.session.get_one(User, bob.id))

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(export_zip, "pieces", interrupted)
        with desk.app.app_context():
            export_person(1)
            row = db.session.scalars(select(PrivacyRequest)).one()
            assert (row.state, row.storage_key) == (PrivacyState.WAITING, None)
    with desk.app.app_context(), clock.at(row.due_at):
        export_person(1)
    with zipfile.ZipFile(io.BytesIO(desk.api(bob).get("/account/exports/1").body)) as made:
        assert not [name for name in made.namelist() if SAID.encode() in made.read(name)]


def test_every_change_of_a_right_counts_and_no_other(app: Flask, cast: Cast) -> None:
    values = {
        "role": Role.STAFF,
        "organization_id": cast.carl.organization_id,
        "organization_role": OrganizationRole.ADMIN,
        "is_active": False,
        "rights": Right.EXPORTS,
    }
    assert set(values) == set(RIGHTS)
    with factories.writing(app):
        bob = db.session.get_one(User, cast.bob.id)
        for count, (name, value) in enumerate(values.items(), start=1):
            setattr(bob, name, value)
            db.session.flush()
            assert bob.rights_epoch == count
        bob.role, bob.first_name = Role.STAFF, "Robert"
        db.session.flush()
        assert bob.rights_epoch == len(values)


def test_what_the_rules_know_of_somebody_is_a_right_or_says_nothing_of_one() -> None:
    about = {
        "id", "email", "first_name", "last_name", "locale", "timezone", "is_verified",
        "shortcuts", "mails_as",
        "has_second_factor", "second_factor_required", "rights_epoch", "confirmed_at",
        "leaves_at", "unread_notifications", "session_token",
    }  # fmt: skip
    columns = {column.key for column in inspect(User).column_attrs}
    assert set(Actor.__slots__) - about == set(RIGHTS) - {"is_active"}
    assert set(RIGHTS) <= columns


def owe(kinds: Iterable[NoticeKind]) -> Callable[[Cast, User], None]:
    def owed(_cast: Cast, person: User) -> None:
        for kind in sorted(kinds):
            mail_notifications.account_notice(person, kind, about="carl@example.com")

    return owed


def answer(cast: Cast, _person: User) -> None:
    ticket = db.session.get_one(Ticket, 1)
    comments.post(actor=cast.sue, ticket=ticket, message=SAID)


def sees_the_ticket(person: User) -> bool:
    seen = select(Ticket.id).where(visible_to(person.actor))
    return db.session.scalar(seen) is not None


def runs_acme(person: User) -> bool:
    return person.organization_id == 1 and permissions.can_manage_organization(person.actor)


def runs_the_desk(person: User) -> bool:
    return permissions.can_administer(person.actor)


MAILS: dict[str, tuple[str, Callable[[Cast, User], None], Callable[[User], bool]]] = {
    "an answer": ("bob", answer, sees_the_ticket),
    "of an organization": ("ann", owe(OF_ORGANIZATION), runs_acme),
    "of the desk": ("ada", owe(OF_DESK), runs_the_desk),
}


@pytest.mark.parametrize("change", [None, *CHANGES])
@pytest.mark.parametrize("mail", MAILS)
def test_a_mail_that_waits_leaves_if_its_reader_may_know_by_then(
    desk: Desk, mail: str, change: Callable[[Cast, User], None] | None
) -> None:
    name, owed, may_know = MAILS[mail]
    factories.file_ticket(desk.app, desk.cast.bob)
    person = getattr(desk.cast, name)
    with factories.writing(desk.app):
        # Ann and Ada are not the only ones, so that it can be done to them as well.
        bob, sue = (db.session.get_one(User, one.id) for one in (desk.cast.bob, desk.cast.sue))
        bob.organization_role = sue.organization_role = OrganizationRole.OWNER
        sue.role = Role.ADMIN
        others = replace(desk.cast, ann=factories.actor(bob), ada=factories.actor(sue))
        db.session.execute(delete(Outbox))
        owed(desk.cast, db.session.get_one(User, person.id))
        db.session.flush()
        waiting = list(db.session.scalars(select(Outbox.id).where(Outbox.user_id == person.id)))
    with factories.writing(desk.app):
        reader = db.session.get_one(User, person.id)
        if change is not None:
            change(desk.cast if name == "bob" else others, reader)
        db.session.flush()
        may = reader.is_active and may_know(reader)
    with desk.app.app_context():
        send_due(PATIENCE)
        states = db.session.scalars(select(Outbox.state).where(Outbox.id.in_(waiting))).all()
    assert set(states) == {OutboxState.SENT if may else OutboxState.DROPPED}
