"""Lists of the administration that are filtered in place."""

import pytest
from flask import Flask

from tests import factories
from tests.cast import Cast
from tests.page import Visitor


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("/admin/users?q=ann", "people-list"),
        ("/admin/logs/actions?kind=filed", "action-list"),
        ("/admin/logs/api?outcome=errors", "api-log"),
    ],
)
def test_htmx_gets_the_list_alone_with_the_words_that_say_what_it_shows(
    client: Visitor, cast: Cast, path: str, part: str
):
    client.sign_in(cast.ada)
    whole, alone = client.get(path), client.get(path, htmx=True)
    assert whole.one(id="rail") and not alone.all(id="rail")
    assert alone.one(id=part).text == whole.one(id=part).text
    words = alone.one("hx-partial", hx_target="#status").text
    assert words == ("Lines shown: 1" if "ann" in path else "No results")


def test_more_lines_than_a_page_holds_are_said_to_be_more(client: Visitor, app: Flask, cast: Cast):
    with factories.writing(app):
        for number in range(60):
            factories.user(f"many{number}@example.com", organization_id=cast.ann.organization_id)
    page = client.sign_in(cast.ada).get("/admin/users?q=many", htmx=True)
    shown = len(page.all("li", id=True))
    assert page.one("hx-partial", hx_target="#status").text == f"Lines shown: {shown}+"
    following = client.get(page.one("a", rel="next")["href"], htmx=True)
    assert shown + len(following.all("li", id=True)) == 60
