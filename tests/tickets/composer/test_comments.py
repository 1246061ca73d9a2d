from collections.abc import Callable
from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import delete, func, select

from portal.extensions import db
from portal.models.people import UserSession
from portal.models.tickets import Comment
from tests import factories
from tests.cast import Cast
from tests.page import Visitor


@pytest.fixture
def filed(app: Flask, cast: Cast) -> factories.Filed:
    return factories.file_ticket(app, cast.ann, "No hot water")


@pytest.fixture
def path(filed: factories.Filed) -> str:
    return f"/tickets/{filed.number}/comments"


def count(app: Flask) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(Comment)) or 0


def test_both_sides_answer_and_read_it(
    visit: Callable[[], Visitor], cast: Cast, filed: factories.Filed, path: str
):
    for person, message in ((cast.sam, "Since when?"), (cast.ann, "Since Monday.")):
        visitor = visit().sign_in(person)
        answer = visitor.post(path, {"message": message})
        assert answer.location == f"/tickets/{filed.number}"
        assert message in visitor.follow(answer).words


def test_htmx_gets_the_parts_that_changed(client: Visitor, cast: Cast, path: str):
    page = client.sign_in(cast.sam).post(path, {"message": "Since when?"}, status=200, htmx=True)
    for part in ("timeline", "ticket-facts", "reply"):
        assert page.one(id=part)
    assert "Since when?" in page.one(id="timeline").text
    assert page.one("textarea", name="message").text == ""


def test_staff_answer_and_solve_at_once(client: Visitor, cast: Cast, path: str):
    client.sign_in(cast.sam)
    page = client.follow(client.post(path, {"message": "Done.", "status": "solved"}))
    assert "set the status to Solved" in page.words


def test_the_second_writer_is_shown_what_came_in_and_keeps_the_text(
    visit: Callable[[], Visitor], cast: Cast, app: Flask, filed: factories.Filed, path: str
):
    seen = {"version": str(filed.version)}
    visit().sign_in(cast.sam).post(path, {"message": "I take the pump.", **seen})
    sue = visit().sign_in(cast.sue)
    before = count(app)
    page = sue.post(path, {"message": "I take the boiler.", **seen}, status=409)
    assert "I take the pump." in page.one(id="newer").text
    assert page.one("textarea", name="message").text == "I take the boiler."
    assert count(app) == before
    version = page.one("input", name="version")["value"]
    sue.post(path, {"message": "I take the boiler.", "version": version})
    assert count(app) == before + 1


def test_files_that_a_form_cannot_give_back_are_asked_for_again(
    visit: Callable[[], Visitor], cast: Cast, filed: factories.Filed, path: str
):
    seen = {"version": str(filed.version)}
    visit().sign_in(cast.sam).post(path, {"message": "I take the pump.", **seen})
    sue = visit().sign_in(cast.sue)
    fields = {"message": "I take the boiler.", "attachments": (BytesIO(b"Plan"), "plan.txt")}
    page = sue.post(path, {**fields, **seen}, status=409)
    assert page.one(id="attachments-error").text.startswith("Please choose your files again")
    version = page.one("input", name="version")["value"]
    page = sue.post(path, {"message": "", "version": version}, status=422)
    assert not page.all(id="attachments-error")


def test_the_second_writer_is_told_so_in_a_fragment_too(
    visit: Callable[[], Visitor], cast: Cast, filed: factories.Filed, path: str
):
    seen = {"version": str(filed.version)}
    visit().sign_in(cast.sam).post(path, {"message": "First.", **seen})
    page = visit().sign_in(cast.sue).post(path, {"message": "Second.", **seen}, 409, htmx=True)
    assert not page.all("html")
    assert page.one("form", id="reply").one("textarea").text == "Second."


def test_a_customer_is_never_stopped_by_a_note_nor_shown_it(
    visit: Callable[[], Visitor], app: Flask, cast: Cast, filed: factories.Filed, path: str
):
    factories.post_comment(app, cast.sam, filed, "Between us", internal=True)
    seen = {"version": str(filed.version)}
    page = visit().sign_in(cast.ann).post(path, {"message": "Any news?", **seen})
    assert page.location == f"/tickets/{filed.number}"


def test_customers_write_no_notes(client: Visitor, cast: Cast, app: Flask, path: str):
    before = count(app)
    client.sign_in(cast.ann).post(path, {"message": "Psst", "internal": "1"}, status=403)
    assert count(app) == before


def test_customers_do_not_set_a_status_of_staff_along_with_an_answer(
    client: Visitor, cast: Cast, app: Flask, path: str
):
    client.sign_in(cast.ann).post(path, {"message": "Hello", "status": "on_hold"}, status=403)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"message": ""}, 422),
        ({"message": "x" * 65_537}, 422),
        ({"message": "Hello", "version": "seven"}, 422),
        ({"message": "Hello", "version": "9" * 40}, 422),
        ({"message": "Hello", "status": "lost"}, 422),
    ],
)
def test_malformed_answers_are_refused(
    client: Visitor, cast: Cast, app: Flask, path: str, fields: dict[str, str], status: int
):
    before = count(app)
    client.sign_in(cast.sam).post(path, fields, status=status)
    assert count(app) == before


def test_a_closed_ticket_takes_no_answer(
    client: Visitor, cast: Cast, filed: factories.Filed, path: str
):
    client.sign_in(cast.sam)
    client.post(f"/tickets/{filed.number}/status", {"status": "closed"})
    page = client.post(path, {"message": "One more thing"}, status=409)
    assert "closed is final" in page.words


def test_strangers_and_outsiders_do_not_answer(
    visit: Callable[[], Visitor], cast: Cast, app: Flask, path: str
):
    before = count(app)
    assert visit().post(path, {"message": "Hi"}).location == "/auth/login"
    visit().sign_in(cast.carl).post(path, {"message": "Hi"}, status=404)
    visit().sign_in(cast.bob).post(path, {"message": "Hi"}, status=404)
    visit().sign_in(cast.sam).get(path, status=405)
    assert count(app) == before


def test_a_signed_out_fragment_sends_the_whole_page_to_sign_in(client: Visitor, path: str):
    page = client.post(path, {"message": "Hi"}, status=401, htmx=True)
    assert page.headers["HX-Redirect"] == "/auth/login"


@pytest.mark.parametrize(
    ("came_from", "way_back"),
    [
        ("http://localhost/tickets/queue?view=all", "?next=/tickets/queue?view%3Dall"),
        ("http://[", ""),
    ],
)
def test_after_signing_in_again_one_is_back_where_one_was(
    client: Visitor, path: str, came_from: str, way_back: str
):
    options = {"headers": {"HX-Current-URL": came_from}, "htmx": True}
    page = client.post(path, {"message": "Hi"}, status=401, **options)
    assert page.headers["HX-Redirect"] == f"/auth/login{way_back}"
    page = client.post(path, {"message": "Hi"}, headers={"Referer": came_from})
    assert page.location == f"/auth/login{way_back}"


@pytest.mark.parametrize("again", ["/tickets/new", "/tickets/REQ000001/comments"])
def test_what_was_written_into_an_ended_session_comes_back_to_be_copied(
    client: Visitor, app: Flask, cast: Cast, filed: factories.Filed, again: str
):
    client.sign_in(cast.ann)
    with factories.writing(app):
        db.session.execute(delete(UserSession))
    fields = {"subject": "A <b>long</b> one", "message": "  Careful words.\nAnd more. "}
    page = client.post(again, fields, status=401, headers={"Referer": "http://localhost/tickets/"})
    assert page.one("input", readonly=True)["value"] == "A <b>long</b> one"
    assert page.one("textarea", readonly=True).text == "Careful words. And more."
    assert page.all("a", href="/auth/login?next=/tickets/")
    assert client.post(again, {"message": " "}).location == "/auth/login"
    assert client.http.post(again, data=fields).status_code == 400


def test_so_does_what_was_written_beside_a_rating(
    client: Visitor, app: Flask, cast: Cast, filed: factories.Filed
):
    client.sign_in(cast.ann)
    with factories.writing(app):
        db.session.execute(delete(UserSession))
    fields = {"rating": "good", "comment": "Quick and kind."}
    page = client.post(f"/tickets/{filed.number}/rating", fields, status=401)
    assert page.one("textarea", readonly=True).text == "Quick and kind."


@pytest.mark.threat("notes and secrets shown")
def test_a_file_on_a_note_is_as_internal_as_the_note(
    visit: Callable[[], Visitor], cast: Cast, filed: factories.Filed, path: str
):
    sam = visit().sign_in(cast.sam)
    note = {"message": "See", "internal": "1", "attachments": (BytesIO(b"secret"), "plan.txt")}
    page = sam.follow(sam.post(path, note))
    link = next(a["href"] for a in page.all("a") if "/attachments/" in a["href"])
    assert sam.http.get(link).data == b"secret"
    visit().sign_in(cast.ann).get(link, status=404)
