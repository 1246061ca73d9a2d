from collections.abc import Callable

import pytest

from tests.cast import Cast
from tests.page import Visitor


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("ru-RU,ru;q=0.9,en;q=0.5", "ru"), ("de,fr", "en"), ("en-GB", "en"), ("", "en"), ("*", "en")],
)
def test_a_stranger_is_spoken_to_in_the_browsers_language(
    client: Visitor, accepted: str, language: str
):
    page = client.get("/auth/login", headers={"Accept-Language": accepted})
    assert page.one("html")["lang"] == language
    assert page.headers["Content-Language"] == language


def test_the_switch_is_remembered_in_a_cookie(client: Visitor):
    assert (
        client.post("/language", {"locale": "ru", "next": "/auth/login"}).location == "/auth/login"
    )
    assert client.get("/auth/login").one("html")["lang"] == "ru"


def test_the_switch_is_remembered_in_the_account(visit: Callable[[], Visitor], cast: Cast):
    visit().sign_in(cast.ann).post("/language", {"locale": "ru"})
    assert visit().sign_in(cast.ann).get("/tickets/").one("html")["lang"] == "ru"


def test_what_is_refused_at_the_gate_is_said_in_the_readers_language(
    visit: Callable[[], Visitor], cast: Cast
):
    visit().get("/auth/login", headers={"Accept-Language": "ru"})
    page = visit().post("/auth/login", {"csrf_token": "old"}, status=400)
    assert page.one("html")["lang"] == "en"


def test_an_unknown_language_is_refused(client: Visitor):
    client.post("/language", {"locale": "xx"}, status=422)


@pytest.mark.threat("redirects elsewhere")
def test_the_switch_leads_nowhere_else(client: Visitor):
    assert client.post("/language", {"locale": "ru", "next": "//evil.example"}).location == "/"
