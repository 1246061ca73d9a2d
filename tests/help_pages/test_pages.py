"""`/help`: who may read what, in which language, and what a page is made of."""

import re
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import update

from portal.extensions import db
from portal.help_pages import library
from portal.help_pages.contents import CHAPTERS
from portal.models.people import Right, User
from tests import factories
from tests.cast import Cast
from tests.page import Visitor
from tests.statements import statements

FOR_ALL = {"customers", "integrators"}


def chapters(visitor: Visitor) -> set[str]:
    """Those whose pages the list has; each of the pages opens, and no page of another does."""
    listed = set(re.findall(r'href="/help/(\w+)/[a-z-]+"', visitor.http.get("/help/").text))
    for chapter in CHAPTERS:
        name = chapter.entries[0].name
        status = visitor.http.get(f"/help/{chapter.name}/{name}").status_code
        assert status == (200 if chapter.name in listed else 404), chapter.name
    return listed


def test_each_reads_the_chapters_that_concern_them(app: Flask, cast: Cast):
    everything = {chapter.name for chapter in CHAPTERS}
    assert chapters(Visitor(app)) == FOR_ALL
    assert chapters(Visitor(app).sign_in(cast.ann)) == FOR_ALL
    assert chapters(Visitor(app).sign_in(cast.sam)) == FOR_ALL | {"staff"}
    assert chapters(Visitor(app).sign_in(cast.ada)) == everything


def test_help_leads_to_the_page_about_the_page_one_is_on(app: Flask, cast: Cast):
    def leads(visitor: Visitor, path: str, status: int = 200) -> str:
        [foot] = visitor.get(path, status).one("footer").all("a")
        return foot["href"]

    assert leads(Visitor(app), "/auth/forgot") == "/help/customers/sign-in"
    assert leads(Visitor(app), "/nowhere", 404) == "/help/"
    ann, sam, ada = (Visitor(app).sign_in(person) for person in (cast.ann, cast.sam, cast.ada))
    assert leads(ann, "/tickets/new") == "/help/customers/write-to-us"
    assert leads(ann, "/account/webhooks") == "/help/integrators/webhook-in-ten-minutes"
    assert leads(sam, "/tickets/new") == "/help/staff/file-for-a-customer"
    assert leads(ada, "/admin/") == "/help/admins/last-weeks-numbers"
    # The menu says the same.
    assert ada.get("/admin/staff").one("a", class_="menu-item", href="/help/admins/staff-and-load")


def test_staff_read_what_is_written_for_administrators_once_they_have_a_right(
    app: Flask, cast: Cast
):
    sam = Visitor(app).sign_in(cast.sam)
    # The last one limits, and opens nothing.
    for right, more in ((Right.STATISTICS, {"admins"}), (Right.OWN_DEPARTMENTS, set())):
        with factories.writing(app):
            db.session.execute(update(User).where(User.id == cast.sam.id).values(rights=right))
        assert chapters(sam) == FOR_ALL | {"staff"} | more


def test_a_page_that_nobody_has_written_is_not_found(client: Visitor):
    for path in (
        "customers/nothing",
        "nobody/sign-in",
        "customers/..%2fREADME",
        "customers/sign-in.md",
    ):
        assert client.http.get(f"/help/{path}").status_code == 404


def test_a_page_is_read_in_the_language_of_its_reader(client: Visitor):
    for locale, title in (("en", "Make your account safe"), ("ru", "Защитить учётную запись")):
        answer = client.http.get(
            "/help/customers/secure-my-account", headers={"Accept-Language": locale}
        )
        assert f"<h1>{title}</h1>" in answer.text


def test_pictures_come_under_names_that_may_be_kept_for_a_year(client: Visitor):
    [picture] = client.get("/help/customers/follow-a-ticket").all("img", src=True, width=True)
    answer = client.http.get(picture["src"])
    assert answer.mimetype == "image/png"
    assert "immutable" in answer.headers["Cache-Control"]
    assert (picture["width"], picture["height"]) == ("1280", "800")
    assert picture["alt"]


def test_the_guide_is_found_wherever_the_program_runs_from(
    client: Visitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    library.guide.cache_clear()
    assert client.http.get("/help/").status_code == 200


def test_the_guide_asks_the_database_for_nothing_of_its_own(client: Visitor, cast: Cast):
    client.sign_in(cast.sam).get("/help/")
    with statements(client.app) as asked:
        client.get("/help/?q=macro")
        client.get("/help/staff/keys")
    assert len(asked) == 2  # who asks, twice
