"""Tickets are found by the present names of their people and organizations."""

import pytest
from flask import Flask

from portal.extensions import db
from portal.models.organizations import Organization
from portal.models.people import Actor, User
from portal.models.tickets import SearchDocument, SearchName, Ticket
from portal.queries.tickets.lists.ticket_filter import TicketFilter
from portal.queries.tickets.lists.ticket_list import page
from portal.queries.tickets.search import names
from portal.services.tickets import search_rebuild, tickets
from portal.services.tickets.attachments import Upload
from tests import factories
from tests.cast import Cast
from tests.factories import writing


def found(app: Flask, actor: Actor, q: str) -> list[int]:
    with app.app_context():
        return [row.id for row in page(actor, TicketFilter.from_args({"q": q})).rows]


def rename(app: Flask, model: type[User | Organization], of: int, **columns: str) -> None:
    with writing(app):
        row = db.session.get_one(model, of)
        for name, value in columns.items():
            setattr(row, name, value)


def test_the_requesters_name_finds_and_a_rename_is_followed(app: Flask, cast: Cast) -> None:
    ticket = factories.file_ticket(app, cast.bob, "Printer", "loud")
    factories.file_ticket(app, cast.carl, "Printer", "loud")
    rename(app, User, cast.bob.id, first_name="Zoë", last_name="Müller-Lüdenscheidt")
    for q in ("zoe", "Müller", "MUELLER", "zoe ludenscheidt", "printer zoe", "ludens"):
        assert found(app, cast.sam, q) == [ticket.id], q
        assert found(app, cast.ann, q) == [ticket.id], q
    rename(app, User, cast.bob.id, first_name="Bob", last_name="Brown")
    assert found(app, cast.sam, "zoe") == found(app, cast.sam, "muller") == []
    assert found(app, cast.sam, "brown printer") == [ticket.id]


def test_an_organizations_name_finds_and_a_rename_is_followed(app: Flask, cast: Cast) -> None:
    ticket = factories.file_ticket(app, cast.ann, "Printer", "loud")
    factories.file_ticket(app, cast.carl, "Printer", "loud")
    rename(app, Organization, cast.ann.organization_id, name="Société Générale GmbH")
    assert found(app, cast.sam, "societe generale") == [ticket.id]
    assert found(app, cast.sam, "printer gener") == [ticket.id]
    rename(app, Organization, cast.ann.organization_id, name="Acme")
    assert found(app, cast.sam, "generale") == []


def test_who_wrote_and_who_has_the_ticket_are_found(app: Flask, cast: Cast) -> None:
    rename(app, User, cast.sam.id, last_name="Quillfeather")
    rename(app, User, cast.sue.id, last_name="Wigglesworth")
    answered = factories.file_ticket(app, cast.ann, "A", "x")
    factories.post_comment(app, cast.sam, answered, "y")
    noted = factories.file_ticket(app, cast.ann, "B", "x")
    factories.post_comment(app, cast.sue, noted, "y", internal=True)
    assert found(app, cast.sam, "quillfeather") == [answered.id]
    assert found(app, cast.ann, "quillfeather") == [answered.id]
    assert found(app, cast.sam, "wigglesworth") == [noted.id]
    assert found(app, cast.ann, "wigglesworth") == []


def test_who_wrote_a_ticket_down_for_another_is_found(app: Flask, cast: Cast) -> None:
    rename(app, User, cast.sue.id, last_name="Wigglesworth")
    with writing(app):
        ann = db.session.get_one(User, cast.ann.id)
        texts = {"requester": ann, "subject": "Call", "message": "She called."}
        told = tickets.file_for(actor=cast.sue, **texts).id
        noted = tickets.file_for(actor=cast.sue, **texts, internal=True).id
    assert found(app, cast.sam, "wigglesworth") == [noted, told]
    assert found(app, cast.ann, "wigglesworth") == [told]
    with writing(app):
        before = {row.ticket_id: set(row.public.split()) for row in _documents()}
        search_rebuild.rewrite_documents([told, noted])
    with app.app_context():
        assert {row.ticket_id: set(row.public.split()) for row in _documents()} == before


def _documents() -> list[SearchDocument]:
    return list(db.session.scalars(db.select(SearchDocument)))


def test_the_assignee_is_found_until_another_has_the_ticket(app: Flask, cast: Cast) -> None:
    rename(app, User, cast.sue.id, last_name="Wigglesworth")
    filed = factories.file_ticket(app, cast.ann, "A", "x")

    def assign(to: Actor | None) -> None:
        with writing(app):
            person = db.session.get_one(User, to.id) if to else None
            ticket = db.session.get_one(Ticket, filed.id)
            tickets.assign(actor=cast.sam, ticket=ticket, assignee=person)

    assign(cast.sue)
    assert found(app, cast.sam, "wigglesworth") == [filed.id]
    assert found(app, cast.ann, "wigglesworth") == []
    assign(cast.sam)
    assert found(app, cast.sam, "wigglesworth") == []
    assign(None)
    assert found(app, cast.sam, cast.sam.last_name) == []


@pytest.mark.threat("foreign rows")
def test_names_and_addresses_of_other_organizations_find_nothing(app: Flask, cast: Cast) -> None:
    rename(app, User, cast.carl.id, last_name="Wigglesworth")
    factories.file_ticket(app, cast.carl, "Printer", "loud")
    mention = factories.file_ticket(app, cast.ann, "Other", f"Ask {cast.carl.email} and me.")
    factories.file_ticket(app, cast.ann, "Else", "Nothing.")
    assert found(app, cast.ann, "wigglesworth") == []
    assert found(app, cast.ann, cast.carl.email) == [mention.id]
    assert found(app, cast.ann, cast.ann.email) == []
    assert found(app, cast.ann, cast.sam.email) == []
    assert found(app, cast.carl, "Acme") == []


def test_an_erased_name_is_gone_from_the_index(app: Flask, cast: Cast) -> None:
    ticket = factories.file_ticket(app, cast.bob, "Printer", "loud")
    assert found(app, cast.sam, cast.bob.last_name) == [ticket.id]
    rename(app, User, cast.bob.id, first_name="", last_name="", email="u2@deleted.invalid")
    assert found(app, cast.sam, cast.bob.last_name) == found(app, cast.sam, "u2") == []
    with app.app_context():
        assert not db.session.query(SearchName).filter_by(user_id=cast.bob.id).all()


def test_names_of_files_find_their_ticket(app: Flask, cast: Cast) -> None:
    def upload(name: str) -> Upload:
        return Upload(name, name, "application/pdf", 1, "0" * 64)

    filed = factories.file_ticket(app, cast.ann, "A", "x", uploads=[upload("Rechnung_März.pdf")])
    factories.post_comment(app, cast.ann, filed, "y", uploads=[upload("screenshot-1042.png")])
    factories.post_comment(app, cast.sam, filed, "z", uploads=[upload("geheim.txt")], internal=True)
    for q in ("rechnung", "Rechnung_März.pdf", "marz", "screenshot", "1042"):
        assert found(app, cast.ann, q) == [filed.id], q
    assert found(app, cast.sam, "geheim") == [filed.id]
    assert found(app, cast.ann, "geheim") == []


def test_a_frequent_name_is_found_with_the_other_name(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many have one of the two words."""
    monkeypatch.setattr(names, "_MAX_OWNERS", 2)
    names._owners.cache_clear()
    ticket = factories.file_ticket(app, cast.bob, "Printer", "loud")
    rename(app, User, cast.bob.id, first_name="Anna", last_name="Schmidt")
    with writing(app):
        for number in range(4):
            factories.user(f"a{number}@x.example", first_name="Anna", last_name="Meyer")
            factories.user(f"s{number}@x.example", first_name="Maria", last_name="Schmidt")
    try:
        assert found(app, cast.sam, "anna schmidt") == [ticket.id]
        assert found(app, cast.sam, "schmidt anna") == [ticket.id]
    finally:
        names._owners.cache_clear()


@pytest.mark.parametrize("q", ["printer REQ-1", "REQ 1 printer", "loud #000001", "req1 prin"])
def test_a_number_is_found_beside_other_words(app: Flask, cast: Cast, q: str) -> None:
    factories.file_ticket(app, cast.ann, "Printer", "loud")
    factories.file_ticket(app, cast.ann, "Printer", "loud")
    assert found(app, cast.ann, q) == [1]
