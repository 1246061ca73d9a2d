"""Search documents and names that an older analysis has made."""

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from jobs.parts import indexing
from portal.extensions import db
from portal.models.tickets import SearchDocument, SearchName, Ticket
from portal.queries.tickets.lists.ticket_filter import TicketFilter
from portal.queries.tickets.lists.ticket_list import page
from portal.services.tickets import search_rebuild, tickets
from portal.services.tickets.attachments import Upload
from tests import factories
from tests.cast import Cast
from tests.factories import writing
from tests.sweeping import sweep

FILE = Upload(key="k", filename="Rechnung.pdf", content_type="text/plain", size=1, sha256="0" * 64)


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "_SECONDS", 60.0)  # busy machines need some
    monkeypatch.setattr(indexing, "_TICKETS", 2)
    monkeypatch.setattr(indexing, "_NAMES", 2)


def test_old_documents_become_what_services_write(app: Flask, cast: Cast) -> None:
    """Made again, a document is the one that its services have made bit by bit."""
    for number in range(3):
        filed = factories.file_ticket(app, cast.ann, message=f"Häuser {number}", uploads=[])
        factories.post_comment(app, cast.sam, filed, "Das ist nicht die Rechnung von REQ-7.")
        factories.post_comment(app, cast.sam, filed, "A note.", internal=True)
    with writing(app):
        db.session.get_one(Ticket, 1).assignee_id = cast.sam.id
        upload = tickets.file(actor=cast.bob, subject="A file", message="Here.", uploads=[FILE]).id
    with writing(app):
        ticket = db.session.get_one(Ticket, upload)
        sam = db.session.get_one(tickets.User, cast.sam.id)
        tickets.assign(actor=cast.sam, ticket=ticket, assignee=sam)
        search_rebuild.rewrite_documents([1])
    before = documents(app)
    assert "rechnung" in before[upload][0] and f"_a{cast.sam.id}" in before[upload][1]
    with writing(app):
        db.session.execute(update(SearchDocument).values(version=1, public="old", internal="old"))
    run(app)
    assert documents(app) == before


def test_a_subject_without_a_public_message_is_found_by_its_requester(
    app: Flask, cast: Cast
) -> None:
    with writing(app):
        ann = db.session.get_one(tickets.User, cast.ann.id)
        said = {"subject": "Boiler", "message": "She is angry", "internal": True}
        tickets.file_for(actor=cast.sam, requester=ann, **said)
    before = documents(app)
    with writing(app):
        db.session.execute(update(SearchDocument).values(version=1, public="old", internal="old"))
    run(app)
    assert documents(app)[1][0] == before[1][0]
    with app.app_context():
        for typed, found in (("boiler", 1), ("angry", 0)):
            rows = page(cast.ann, TicketFilter.from_args({"q": typed})).rows
            assert len(rows) == found, typed


def test_an_old_document_is_found_as_before_until_it_is_made_anew(app: Flask, cast: Cast) -> None:
    ticket = factories.file_ticket(app, cast.ann, "x", "Die Häuser und принтеры with printers")
    with writing(app):
        marks = f"_o{cast.ann.organization_id} _r{cast.ann.id} {ticket.id}"
        old = f"{marks} x die häuser und принтер with printer"
        values = {"version": 1, "public": old, "internal": "_inote"}
        db.session.execute(update(SearchDocument).values(values))
    with app.app_context():
        for typed in ("Häuser", "принтера", "printers", "print", "note"):
            found = page(cast.sam, TicketFilter.from_args({"q": typed})).rows
            assert [row.id for row in found] == [ticket.id], typed


def test_the_names_of_before_are_found_after_a_sweep(app: Flask, cast: Cast) -> None:
    with app.app_context():
        before = names(app)
    with writing(app):
        db.session.execute(delete(SearchName))
        owners = [{"user_id": user} for user in {of for of, _, _ in before} - {None}]
        owners += [{"organization_id": one} for one in {of for _, of, _ in before} - {None}]
        for owner in owners:
            db.session.add(SearchName(word="", version=0, **owner))
    run(app)
    assert names(app) == before


def run(app: Flask) -> None:
    with app.app_context():
        sweep()


def documents(app: Flask) -> dict[int, tuple[str, str, int]]:
    with app.app_context():
        rows = db.session.scalars(select(SearchDocument))
        return {row.ticket_id: (row.public, row.internal, row.version) for row in rows}


def names(app: Flask) -> set[tuple[int | None, int | None, str]]:
    with app.app_context():
        rows = db.session.scalars(select(SearchName))
        return {(row.user_id, row.organization_id, row.word) for row in rows}
