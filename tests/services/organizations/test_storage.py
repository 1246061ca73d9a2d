"""The bytes of an organization's files are kept, and are what one would count."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.ctx import AppContext
from sqlalchemy import select

from portal import clock
from portal.errors import PlanFull
from portal.extensions import begin_write, db
from portal.models.organizations import Organization, OrganizationStorage, Plan, PlanName
from portal.models.people import Actor, OrganizationRole, TokenPurpose, User
from portal.models.tickets import Ticket
from portal.security.people import tokens
from portal.services.organizations import invitations, storage
from portal.services.privacy import merge_accounts
from portal.services.tickets import comments, retention, tickets
from portal.services.tickets.attachments import Upload
from tests.cast import Cast


@pytest.fixture(autouse=True)
def unit(context: AppContext, cast: Cast) -> None:
    begin_write()


def upload(size: int) -> Upload:
    upload.made += 1  # type: ignore[attr-defined]
    return Upload(f"key{upload.made}", "a.txt", "text/plain", size, "0" * 64)  # type: ignore[attr-defined]


upload.made = 0  # type: ignore[attr-defined]


def file(person: Actor, *sizes: int) -> Ticket:
    uploads = [upload(size) for size in sizes]
    ticket = tickets.file(actor=person, subject="Files", message="See.", uploads=uploads)
    db.session.flush()
    return ticket


def kept() -> dict[int, int]:
    """By organization, but for those without files."""
    query = select(OrganizationStorage.organization_id, OrganizationStorage.bytes)
    return {row[0]: row[1] for row in db.session.execute(query) if row[1]}


def counted() -> dict[int, int]:
    return storage.of_tickets(list(db.session.scalars(select(Ticket.id))))


def test_files_are_counted_for_whom_the_ticket_is_and_notes_for_nobody(cast: Cast) -> None:
    ticket = file(cast.bob, 100, 20)
    comments.post(actor=cast.sam, ticket=ticket, message="See.", uploads=[upload(3)])
    comments.post(
        actor=cast.sam, ticket=ticket, message="Hm.", internal=True, uploads=[upload(7_000)]
    )
    assert kept() == counted() == {cast.bob.organization_id: 123}


def test_who_joins_brings_the_files_along(cast: Cast) -> None:
    file(cast.carl, 50)
    file(cast.bob, 1)
    made = invitations.invite(actor=cast.ann, email=cast.carl.email, role=OrganizationRole.USER)
    invitations.accept(actor=cast.carl, text=tokens.sign(TokenPurpose.INVITATION, made))
    db.session.flush()
    assert kept() == counted() == {cast.ann.organization_id: 51}


def test_merged_accounts_have_the_files_of_both(cast: Cast) -> None:
    file(cast.carl, 50)
    file(cast.bob, 1)
    source, staying = (db.session.get_one(User, who.id) for who in (cast.carl, cast.bob))
    merge_accounts.merge(actor=cast.ada, source=source, kept=staying)
    db.session.flush()
    assert kept() == counted() == {cast.bob.organization_id: 51}


def test_a_ticket_deleted_for_good_frees_its_bytes(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "TRASH_RETENTION", timedelta(days=1))
    gone = file(cast.bob, 100)
    file(cast.bob, 1)
    tickets.delete(actor=cast.sam, ticket=gone)
    file(cast.carl, 2)
    db.session.flush()
    with time_machine.travel(clock.now() + timedelta(days=2)):
        assert retention.delete_old(10) == 1
    assert kept() == counted() == {cast.bob.organization_id: 1, cast.carl.organization_id: 2}


def test_files_beyond_the_plan_are_refused_but_not_those_of_the_desk(cast: Cast) -> None:
    db.session.add(Plan(name=PlanName.FREE, file_bytes=100))
    db.session.get_one(Organization, cast.bob.organization_id).plan = PlanName.FREE
    db.session.flush()
    ticket = file(cast.bob, 60)
    with pytest.raises(PlanFull) as refused:
        comments.post(actor=cast.bob, ticket=ticket, message="More.", uploads=[upload(41)])
    assert refused.value.details == {"storage": 100, "used": 60}
    comments.post(actor=cast.bob, ticket=ticket, message="Less.", uploads=[upload(40)])
    comments.post(actor=cast.bob, ticket=ticket, message="Words alone.")
    comments.post(actor=cast.sam, ticket=ticket, message="The manual.", uploads=[upload(999)])
    assert kept() == {cast.bob.organization_id: 1099}
