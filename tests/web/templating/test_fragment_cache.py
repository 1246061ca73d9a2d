"""What is kept is kept for whoever it looks the same to, and for nobody else."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from portal.config import ROOT
from portal.web.templating import fragment_cache
from tests import factories
from tests.cast import Cast
from tests.page import Visitor

TEMPLATES = ROOT / "templates"
KEPT = re.compile(r"""(?:cached_include|cached_rows)\(\s*["']([\w/.]+)["']""")
FOREIGN = re.compile(r"\b(current_user|session|request|g|get_flashed_messages)\b(?=[.(\[])")
COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
INCLUDED = re.compile(r"""\{% (?:include|from) ["']([\w/.]+)["']""")


def kept_templates() -> set[str]:
    sources = [*TEMPLATES.rglob("*.html"), *(ROOT / "portal").rglob("*.py")]
    found = {name for path in sources for name in KEPT.findall(path.read_text())}
    while (
        more := {
            name for known in found for name in INCLUDED.findall((TEMPLATES / known).read_text())
        }
        - found
    ):
        found |= more
    return found


@pytest.mark.threat("answers kept by others")
def test_what_is_kept_asks_for_no_user_session_or_request():
    names = kept_templates() | {"tickets/_reply_form.html"}
    assert len(names) > 10
    foreign = {
        name: FOREIGN.findall(COMMENT.sub("", (TEMPLATES / name).read_text())) for name in names
    }
    assert not {name: words for name, words in foreign.items() if words}


def test_each_browser_gets_its_own_token_in_kept_forms(
    app: Flask, cast: Cast, visit: Callable[[], Visitor]
):
    ticket = factories.file_ticket(app, cast.ann)
    for person in (cast.sam, cast.sue, cast.sam):
        page = visit().sign_in(person).get(f"/tickets/{ticket.number}")
        tokens = {field["value"] for field in page.all("input", name="csrf_token")}
        assert len(tokens) == 1
        assert tokens == {re.search(r'"X-CSRFToken": "([^"]+)"', page.text)[1]}
        assert fragment_cache._TOKEN_PLACEHOLDER not in page.text


def test_a_renamed_person_is_renamed_in_every_list(
    app: Flask, cast: Cast, visit: Callable[[], Visitor]
):
    factories.file_ticket(app, cast.ann, "Printer on fire")
    sam = visit().sign_in(cast.sam)
    assert "Ann Archer" in sam.get("/tickets/queue").words
    with factories.writing(app):
        from portal.models.people import User

        app.extensions["sqlalchemy"].session.get(User, cast.ann.id).first_name = "Anna"
    assert "Anna Archer" in sam.get("/tickets/queue").words


def test_the_same_ticket_is_printed_in_each_readers_language_and_zone(
    app: Flask, cast: Cast, visit: Callable[[], Visitor]
):
    number = factories.file_ticket(app, cast.ann).number
    sam = visit().sign_in(cast.sam)
    assert "Priority" in sam.get(f"/tickets/{number}").words
    sam.post("/language", {"locale": "ru"})
    page = sam.get(f"/tickets/{number}")
    assert "Priority" not in page.words
    assert "Приоритет" in page.words


@pytest.mark.threat("scripts in text")
@pytest.mark.parametrize("subject", ["<b>bold</b>", "a & b", '"quoted"'])
def test_what_is_kept_is_escaped_like_everything_else(client: Visitor, app, cast, subject: str):
    factories.file_ticket(app, cast.ann, subject)
    client.sign_in(cast.sam)
    for _ in range(2):
        page = client.get("/tickets/queue")
        assert page.one("td", class_="m").text == subject
