"""Whose pages may send a form, and how we know behind proxies. Every address: tests/security."""

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from portal.web.middleware.cross_site import _origin_of
from tests.api.conftest import Call, call  # noqa: F401 - a fixture
from tests.cast import Cast
from tests.conftest import MakeApp
from tests.page import Page

HELP = "https://help.example.com"


def status(app: Flask, origin: str, url: str, **headers: str) -> int:
    """What an empty form with the right token comes to, sent from a page of `origin` to `url`."""
    # Cookies by hand: the client's own are for one host, and over TLS alone.
    client = app.test_client(use_cookies=False)
    form = Page(client.get("/auth/login", headers=headers, base_url=url))
    cookie = form.headers["Set-Cookie"].partition(";")[0]
    token = form.all("input", name="csrf_token")[0]["value"]
    told = {"Origin": origin, "Referer": f"{url}/auth/login", "Cookie": cookie, **headers}
    fields = {"csrf_token": token}
    answer = client.post("/auth/login", data=fields, headers=told, base_url=url)
    assert answer.status_code == 422 or "another site" in answer.text
    return answer.status_code


@pytest.mark.parametrize("proxies", ["0", "1", "2"])
def test_behind_a_proxy_that_ends_tls_our_own_page_is_ours(another_app: MakeApp, proxies: str):
    desk = another_app(BASE_URL=HELP, TRUSTED_PROXIES=proxies)
    said = {"X-Forwarded-Proto": ",".join(["https"] * 2), "X-Forwarded-For": "192.0.2.1, 192.0.2.2"}
    assert status(desk, HELP, "http://help.example.com", Referer=f"{HELP}/", **said) == 422


@pytest.mark.threat("forged requests")
@pytest.mark.parametrize("proxies", ["0", "1"])
@pytest.mark.parametrize("origin", ["http://help.example.com", "https://evil.example", "null"])
def test_behind_a_proxy_all_others_are_foreign(another_app: MakeApp, proxies: str, origin: str):
    """Plain http is another site, too: anybody on the way writes what it shows."""
    desk = another_app(BASE_URL=HELP, TRUSTED_PROXIES=proxies)
    said = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
    url = "http://help.example.com" if proxies == "1" else HELP
    assert status(desk, origin, url, **said) == 403


def test_a_proxy_may_leave_out_the_port(another_app: MakeApp):
    desk = another_app(BASE_URL="http://help.example.com:8443")
    assert status(desk, "http://help.example.com:8443", "http://help.example.com") == 422
    assert status(desk, "http://help.example.com:8444", "http://help.example.com") == 403


def test_under_each_of_its_names_a_desk_is_itself(another_app: MakeApp):
    desk = another_app(TRUSTED_HOSTS="a.example,b.example")
    assert status(desk, "http://a.example", "http://a.example") == 422
    assert status(desk, "http://b.example:80", "http://b.example") == 422
    assert status(desk, "http://b.example", "http://a.example") == 403


def test_the_api_looks_at_no_cookie_and_so_at_no_origin(call: Call, cast: Cast):  # noqa: F811
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    body = {"subject": "Lamp", "message": "It is dark."}
    call(cast.ann).post("/tickets", body, 201, headers=foreign)


@pytest.mark.threat("forged requests")
@given(st.text() | st.sampled_from(["http://", "http://:80", "http://[", "//localhost", "http:/x"]))
def test_whatever_an_origin_says_it_is_a_place_or_none(text: str):
    place = _origin_of(text)
    assert place is None or place[0] in {"http", "https"}
    assert place != ("http", "localhost", 80) or "localhost" in text.lower()
