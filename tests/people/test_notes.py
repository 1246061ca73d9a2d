from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models.organizations import CustomerNote
from portal.models.organizations.organization import format_id as organization_number
from portal.models.people import AccountEvent
from portal.models.people.user import format_id
from portal.queries.organizations import customer_notes
from portal.services.organizations.customer_notes import MAX_NOTE
from tests.cast import Cast
from tests.databases import BOTH
from tests.page import Page, Visitor

pytestmark = BOTH
TEXT = "Likes <b>cold</b> water.\nCalls on Mondays."


def person(cast: Cast, name: str = "bob") -> str:
    return f"/people/{format_id(getattr(cast, name).id)}"


def company(cast: Cast, name: str = "bob") -> str:
    return f"/organizations/{organization_number(getattr(cast, name).organization_id)}"


def stored(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(CustomerNote.text).order_by(CustomerNote.id)))


def change_link(page: Page) -> str:
    return next(a["href"] for a in page.all("a") if (a.get("href") or "").startswith("/notes/"))


@pytest.mark.parametrize("about", [person, company])
def test_a_note_stands_there_as_text_with_author_and_time(
    visit: Callable[[], Visitor], app: Flask, cast: Cast, about: Callable[[Cast], str]
):
    where, sam = about(cast), visit().sign_in(cast.sam)
    written = sam.post(f"{where}/notes", {"text": TEXT})
    assert written.location == f"{where}#note-1"
    page = visit().sign_in(cast.sue).get(where)
    note = page.one("li", id="note-1")
    assert note.one("p", class_="said").text.startswith("Likes <b>cold</b> water.")
    assert "Sam Smith" in note.text and note.all("time")
    assert "The note is saved." in sam.get(where).words
    assert stored(app) == [TEXT]


@pytest.mark.threat("foreign rows")
@pytest.mark.parametrize("reader", ["ann", "bob", "carl"])
def test_customers_neither_write_nor_read_nor_change_one(
    visit: Callable[[], Visitor], app: Flask, cast: Cast, reader: str
):
    visit().sign_in(cast.sam).post(f"{person(cast)}/notes", {"text": TEXT})
    client = visit().sign_in(getattr(cast, reader))
    for path in (f"{person(cast)}/notes", f"{company(cast)}/notes", "/notes/1", "/notes/1/delete"):
        client.post(path, {"text": "Mine."}, 404)
    client.get("/notes/1", 404)
    client.get("/notes/2", 404)
    assert stored(app) == [TEXT]


def test_who_is_not_signed_in_is_asked_to(client: Visitor, cast: Cast):
    assert client.get("/notes/1", 303).location.startswith("/auth/login")
    assert client.post("/notes/1", {"text": "x"}).location.startswith("/auth/login")


def test_its_author_changes_it(visit: Callable[[], Visitor], app: Flask, cast: Cast):
    sam, where = visit().sign_in(cast.sam), person(cast)
    sam.post(f"{where}/notes", {"text": TEXT})
    form = change_link(sam.get(where))
    assert sam.get(form).one("textarea").text.strip().startswith("Likes <b>cold</b>")
    assert sam.post(form, {"text": "Likes tea."}).location == f"{where}#note-1"
    assert "changed" in sam.get(where).one("li", id="note-1").text
    assert stored(app) == ["Likes tea."]


def test_its_author_deletes_it(visit: Callable[[], Visitor], app: Flask, cast: Cast):
    sam = visit().sign_in(cast.sam)
    for where in (person(cast), company(cast)):
        sam.post(f"{where}/notes", {"text": TEXT})
        form = change_link(sam.get(where))
        assert sam.post(f"{form}/delete").location == where
        assert "The note is deleted." in sam.get(where).words
        sam.post(f"{form}/delete", status=404)
    assert stored(app) == []


@pytest.mark.parametrize("other", ["sue", "ada"])
def test_nobody_else_does(visit: Callable[[], Visitor], app: Flask, cast: Cast, other: str):
    visit().sign_in(cast.sam).post(f"{person(cast)}/notes", {"text": TEXT})
    colleague = visit().sign_in(getattr(cast, other))
    assert "/notes/1" not in colleague.get(person(cast)).text
    colleague.get("/notes/1", 403)
    colleague.post("/notes/1", {"text": "Theirs."}, 403)
    colleague.post("/notes/1/delete", status=403)
    assert stored(app) == [TEXT]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Please fill this in."),
        (" \n\u200b", "Please fill this in."),
        ("x" * (MAX_NOTE + 1), "This is too long."),
    ],
)
def test_a_note_that_is_refused_comes_back_with_its_text(
    visit: Callable[[], Visitor], app: Flask, cast: Cast, text: str, sentence: str
):
    sam = visit().sign_in(cast.sam)
    sam.post(f"{person(cast)}/notes", {"text": TEXT})
    for path in (f"{person(cast)}/notes", f"{company(cast)}/notes", "/notes/1"):
        page = sam.post(path, {"text": text}, 422)
        assert sentence in page.words
        assert page.one("textarea")["aria-invalid"] == "true"
        assert page.one("textarea").text.strip() == text.strip(" \n\u200b")
    assert stored(app) == [TEXT]


def test_there_are_none_about_colleagues(client: Visitor, app: Flask, cast: Cast):
    client.sign_in(cast.sam)
    assert not client.get(person(cast, "sue")).all("section", id="notes")
    client.post(f"{person(cast, 'sue')}/notes", {"text": TEXT}, 404)
    assert stored(app) == []


def test_what_is_to_be_noted_of_somebody_alone_is_about_the_person(
    client: Visitor, app: Flask, cast: Cast
):
    client.sign_in(cast.sam)
    assert not client.get(company(cast, "carl")).all("section", id="notes")
    client.post(f"{company(cast, 'carl')}/notes", {"text": TEXT}, 404)
    client.post(f"{person(cast, 'carl')}/notes", {"text": TEXT})
    assert stored(app) == [TEXT]


def test_about_nobody_there_is_none(client: Visitor, cast: Cast):
    client.sign_in(cast.sam)
    for path in ("/people/USR999999/notes", "/organizations/ORG999999/notes", "/notes/9"):
        client.post(path, {"text": TEXT}, 404)
    client.get(f"{person(cast)}/notes", 405)


def test_many_come_in_pages(client: Visitor, cast: Cast, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(customer_notes, "PAGE", 2)
    where = person(cast)
    client.sign_in(cast.sam)
    for number in range(3):
        client.post(f"{where}/notes", {"text": f"Note {number}"})
    page = client.get(where)
    assert ["Note 2" in page.words, "Note 0" in page.words] == [True, False]
    earlier = next(a["href"] for a in page.all("a") if a.text == "Earlier notes")
    assert "Note 0" in client.get(earlier).words
    client.get(f"{where}?notes=x", 422)


def test_what_was_done_to_notes_stands_in_logs_of_staff_and_in_no_other(
    visit: Callable[[], Visitor], app: Flask, cast: Cast
):
    sam = visit().sign_in(cast.sam)
    sam.post(f"{person(cast)}/notes", {"text": TEXT})
    sam.post("/notes/1", {"text": "Likes tea."})
    sam.post("/notes/1/delete")
    with app.app_context():
        events = db.session.execute(
            select(
                AccountEvent.kind, AccountEvent.user_id, AccountEvent.actor_id, AccountEvent.data
            )
        ).all()
    kinds = ["note_written", "note_changed", "note_deleted"]
    assert events == [(kind, cast.bob.id, cast.sam.id, {}) for kind in kinds]
    assert "Note about a customer deleted" in sam.get(f"{person(cast)}/log").words
    assert "Note about" not in visit().sign_in(cast.bob).get("/account/log").words


def test_a_note_about_a_company_is_its_authors_act(client: Visitor, app: Flask, cast: Cast):
    client.sign_in(cast.sam).post(f"{company(cast)}/notes", {"text": TEXT})
    with app.app_context():
        event = db.session.scalars(select(AccountEvent)).one()
        assert (event.user_id, event.data) == (cast.sam.id, {"name": "Acme"})
