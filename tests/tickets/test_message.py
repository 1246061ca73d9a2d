"""A message as it was written, one click from how it is shown."""

from collections.abc import Callable
from html import escape

import pytest
from flask import Flask

from tests import factories
from tests.cast import Cast
from tests.page import Visitor

TEXT = "[ERROR]: <b>disk</b>\n\n    C:\\_temp\\*.log  two  spaces\n--\nAnn"


def link(visitor: Visitor, path: str, place: int = 0) -> str:
    links = [a["href"] for a in visitor.get(path).all("a", href=True) if "/messages/" in a["href"]]
    return links[place]


def test_each_space_line_and_mark_is_there(client: Visitor, app: Flask, cast: Cast):
    filed = factories.file_ticket(app, cast.ann, "Log", message=TEXT)
    client.sign_in(cast.ann)
    page = client.get(link(client, f"/tickets/{filed.number}"))
    assert escape(TEXT) in page.text
    assert "Ann Archer" in page.words
    assert page.one("p", class_="crumbs").one("a")["href"] == f"/tickets/{filed.number}#comment-1"


@pytest.mark.threat("foreign rows")
def test_it_is_as_private_as_its_ticket(visit: Callable[[], Visitor], app: Flask, cast: Cast):
    filed = factories.file_ticket(app, cast.bob, "Log", message=TEXT)
    path = link(visit().sign_in(cast.bob), f"/tickets/{filed.number}")
    for person, status in ((cast.ann, 200), (cast.bob, 200), (cast.sam, 200), (cast.carl, 404)):
        visit().sign_in(person).get(path, status=status)
    assert visit().http.get(path).status_code == 303


@pytest.mark.threat("foreign rows")
def test_notes_and_messages_of_other_tickets_are_not_found(
    visit: Callable[[], Visitor], app: Flask, cast: Cast
):
    filed = factories.file_ticket(app, cast.ann, "Log", message=TEXT)
    other = factories.file_ticket(app, cast.carl, "Mine")
    answer = factories.post_comment(app, cast.sam, other)
    note = factories.post_comment(app, cast.sam, filed, "A note", internal=True)
    ann = visit().sign_in(cast.ann)
    base = f"/tickets/{filed.number}/messages"
    ann.get(f"{base}/{note}", status=404)
    visit().sign_in(cast.sam).get(f"{base}/{note}")
    ann.get(f"{base}/{answer}", status=404)
    for nothing in ("999999", "0", "x", "9" * 30):
        ann.get(f"{base}/{nothing}", status=404)
