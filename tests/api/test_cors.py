"""Which sites' scripts may call the API from a browser."""

import pytest

from portal import config
from portal.errors import ConfigError
from tests.api.api_client import ApiClient, Reply
from tests.conftest import MakeApp

SHOP = "https://shop.example"


def ask(api_client: ApiClient, origin: str, method: str = "GET") -> Reply:
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    return api_client.ask(method, "/users/me", headers=headers)


def allowed(reply: Reply) -> str | None:
    return reply.headers.get("Access-Control-Allow-Origin")


@pytest.mark.threat("forged requests")
def test_nobody_is_let_in_unless_named(api_client: ApiClient) -> None:
    for method in ("GET", "OPTIONS"):
        assert allowed(ask(api_client, SHOP, method)) is None


def test_the_sites_that_are_named_are(another_app: MakeApp) -> None:
    api_client = ApiClient(another_app(CORS_ORIGINS=f"{SHOP}, http://localhost:3000"))
    reply = ask(api_client, SHOP)
    assert (reply.status, allowed(reply)) == (401, SHOP)
    assert "ETag" in reply.headers["Access-Control-Expose-Headers"]
    assert "Origin" in reply.headers["Vary"]
    assert "Access-Control-Allow-Credentials" not in reply.headers
    before = ask(api_client, "http://localhost:3000", "OPTIONS")
    assert (before.status, allowed(before)) == (200, "http://localhost:3000")
    assert "PATCH" in before.headers["Access-Control-Allow-Methods"]
    assert "Idempotency-Key" in before.headers["Access-Control-Allow-Headers"]


@pytest.mark.threat("forged requests")
@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "https://shop.example.evil.example",
        "https://evilshop.example",
        "http://shop.example",
        "https://shop.example:8443",
        "https://SHOP.example",
        "https://shop.example, https://evil.example",
    ],
)
def test_no_other_site_passes_for_one(another_app: MakeApp, origin: str) -> None:
    api_client = ApiClient(another_app(CORS_ORIGINS=SHOP))
    for method in ("GET", "OPTIONS"):
        assert allowed(ask(api_client, origin, method)) is None


def test_a_star_is_everybody(another_app: MakeApp) -> None:
    assert allowed(ask(ApiClient(another_app(CORS_ORIGINS="*")), "https://any.example")) == "*"


def test_pages_are_never_shared(another_app: MakeApp) -> None:
    app = another_app(CORS_ORIGINS="*")
    for path in ("/", "/auth/login", "/api/docs", "/nothing"):
        reply = app.test_client().get(path, headers={"Origin": SHOP})
        assert "Access-Control-Allow-Origin" not in reply.headers


@pytest.mark.parametrize("text", ["shop.example", "https://shop.example/", "https://", "x://y/z"])
def test_what_is_no_origin_stops_the_start(settings: dict[str, str], text: str) -> None:
    with pytest.raises(ConfigError, match="CORS_ORIGINS"):
        config.load({**settings, "CORS_ORIGINS": text})
