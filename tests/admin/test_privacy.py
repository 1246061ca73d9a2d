"""`/admin/privacy`: everybody's requests, for admins alone."""

from collections.abc import Callable

import pytest
from flask import Flask

from portal.extensions import db
from portal.queries.privacy.privacy_requests import PAGE
from portal.services.privacy import data_exports, privacy_requests
from tests import factories
from tests.cast import Cast
from tests.databases import BOTH
from tests.page import Page, Visitor

PATH = "/admin/privacy"


def ids(page: Page) -> list[str]:
    return [line["id"] for line in page.all("li", id=True)]


@BOTH
def test_what_was_asked_for_is_listed_with_what_became_of_it(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    assert "Nobody has asked" in client.sign_in(cast.ada).get(PATH).words
    with factories.writing(app):
        privacy_requests.ask_export(actor=cast.ann)
        privacy_requests.ask_deletion(actor=cast.carl)
        lease = data_exports.claim(1)
        assert lease
        data_exports.refuse(lease, "StorageFull: no room")
    page = client.get(PATH)
    assert ids(page) == ["request-2", "request-1"]
    deletion, export = page.all("li", id=True)
    assert "Deletion of the account Waiting" in deletion.text
    assert "happens" in deletion.text
    assert "Failed StorageFull: no room" in export.text
    assert f"USR{cast.carl.id:06d}" in deletion.one("a")["href"]
    current = [link.text for link in page.all("a", aria_current="page")]
    assert current == ["Admin", "Privacy"]


@BOTH
def test_pages_lead_on(client: Visitor, app: Flask, cast: Cast) -> None:
    with factories.writing(app):
        for _ in range(PAGE + 1):
            request = privacy_requests.ask_export(actor=cast.ann)
            request.state = "expired"
            db.session.flush()
    first = client.sign_in(cast.ada).get(PATH)
    second = client.get(first.one("a", rel="next")["href"])
    assert [len(ids(page)) for page in (first, second)] == [PAGE, 1]
    assert set(ids(first)).isdisjoint(ids(second))


@pytest.mark.parametrize("cursor", ["x", "-1", "9" * 30, "1.2"])
def test_malformed_cursors_are_refused(client: Visitor, cast: Cast, cursor: str) -> None:
    client.sign_in(cast.ada).get(f"{PATH}?cursor={cursor}", status=422)


def test_it_is_for_admins_and_for_reading(visit: Callable[[], Visitor], cast: Cast) -> None:
    visit().sign_in(cast.sam).get(PATH, status=403)
    visit().sign_in(cast.ann).get(PATH, status=404)
    assert "/auth/login" in visit().get(PATH, status=303).location
    visit().sign_in(cast.ada).post(PATH, status=405)


def test_the_forgotten_have_no_buttons_in_the_list_of_people(
    client: Visitor, app: Flask, cast: Cast
) -> None:
    with factories.writing(app):
        factories.user("usr000099@deleted.invalid", is_active=False)
    page = client.sign_in(cast.ada).get("/admin/users?q=deleted.invalid")
    (line,) = page.all("li", id=True)
    assert "Deleted user" in line.text
    assert not line.all("form")
