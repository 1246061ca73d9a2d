import re

import pytest
from flask import Flask

from portal.extensions import db
from portal.models.people import TokenPurpose, User
from portal.security.people import tokens
from tests import factories
from tests.cast import Cast
from tests.conftest import MakeApp
from tests.page import Page, Visitor

CORP = "Cross-Origin-Resource-Policy"
PAGES = ["/", "/auth/login", "/nothing-here", "/static/css/nothing.css", "/health"]


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_carries_the_protective_headers(client: Visitor, path: str):
    headers = client.http.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    for rule in ("object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert rule in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert len(headers["X-Request-ID"]) == 16


@pytest.mark.threat("answers kept by others")
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "TRACE"])
def test_no_other_site_may_load_any_answer_into_a_page_of_its_own(client: Visitor, method: str):
    """At every address of pages and API, whatever is answered there."""
    addresses = {re.sub(r"<[^<>]*>", "1", rule.rule) for rule in client.app.url_map.iter_rules()}
    answers = {path: client.http.open(path, method=method) for path in sorted(addresses)}
    assert {answer.status_code for answer in answers.values()} & {405, 400, 200}
    kept = {path: answer.headers.getlist(CORP) for path, answer in answers.items()}
    assert not [path for path, values in kept.items() if values != ["same-origin"]]


@pytest.mark.threat("answers kept by others")
def test_so_may_not_the_api_for_sites_that_may_call_it(another_app: MakeApp):
    """Those fetch with CORS, which asks for another header; pictures and scripts stay ours."""
    shop = "https://shop.example"
    api = another_app(CORS_ORIGINS=shop).test_client()
    answer = api.get("/api/v1/openapi.json", headers={"Origin": shop})
    assert answer.headers["Access-Control-Allow-Origin"] == shop
    assert answer.headers[CORP] == "same-origin"


@pytest.mark.threat("answers kept by others")
def test_what_is_signed_in_is_not_kept_anywhere(client: Visitor, cast: Cast):
    page = client.sign_in(cast.ann).get("/tickets/")
    assert page.headers["Cache-Control"] == "no-store"
    assert {"HX-Request", "Cookie"} <= {part.strip() for part in page.headers["Vary"].split(",")}


def test_a_stranger_does_not_choose_the_request_id(client: Visitor):
    page = client.get("/", headers={"X-Request-ID": "chosen-by-me"})
    assert page.headers["X-Request-ID"] != "chosen-by-me"


def test_over_tls_the_cookie_is_bound_to_the_host_and_hsts_is_on(another_app):
    visitor = Visitor(another_app(BASE_URL="https://help.example.com"))
    answer = visitor.http.get("/auth/login", base_url="https://help.example.com")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-lodge=")
    for flag in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert flag in cookie
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]


@pytest.mark.threat("foreign host names")
def test_a_proxy_that_is_not_configured_is_not_believed(client: Visitor):
    page = client.get(
        "/", headers={"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
    )
    assert "Strict-Transport-Security" not in page.headers
    assert "evil.example" not in page.text


@pytest.mark.threat("foreign host names")
def test_an_unknown_host_is_refused_with_a_page(client: Visitor):
    answer = client.http.get("/auth/login", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert b"evil.example" not in answer.data


@pytest.mark.threat("secrets in logs")
def test_what_the_page_of_a_mailed_link_fetches_does_not_tell_the_link(client: Visitor):
    for name in ("reset", "verify", "restore", "invitations", "domains", "ratings"):
        assert (
            client.get(f"/auth/{name}/x", status=410).headers["Referrer-Policy"] == "strict-origin"
        )


def test_over_tls_the_form_of_a_mailed_link_is_taken_with_our_name_alone(
    app: Flask, another_app: MakeApp, cast: Cast
):
    https = another_app(BASE_URL="https://help.example.com")
    with factories.writing(https):
        ann = db.session.get_one(User, cast.ann.id)
        path = f"/auth/reset/{tokens.sign('reset', tokens.issue(ann, TokenPurpose.RESET))}"
    visitor = Visitor(https)
    site = {"base_url": "https://help.example.com"}
    form = Page(visitor.http.get(path, **site)).one("form", class_="stack")
    token = {"csrf_token": form.one("input", name="csrf_token")["value"]}
    for referrer, status in (("https://help.example.com/", 422), ("https://evil.example/", 400)):
        answer = visitor.http.post(path, data=token, headers={"Referer": referrer}, **site)
        assert answer.status_code == status
