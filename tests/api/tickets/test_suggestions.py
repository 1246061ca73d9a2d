"""GET `/api/v1/tickets/{number}/suggestions`."""

import pytest
from flask import Flask

from tests import assistance_world as world
from tests import factories
from tests.api.api_client import ApiClient, key_of
from tests.cast import Cast


def test_staff_read_what_is_suggested(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(app.config, "ASSISTANCE_SUGGESTIONS", world.ALL)
    world.learned_desk(app, cast.ann)
    message = "Awful: the vpn gateway is offline again, router timeout, wireless packets useless!"
    filed = factories.file_ticket(app, cast.bob, "Router offline", message)
    api = ApiClient(app, key_of(app, cast.sam))
    found = api.get(f"/tickets/{filed.number}/suggestions").json
    values = {(one["property"], one["value"]) for one in found["suggestions"]}
    assert {("type", "incident"), ("department", "Network"), ("priority", "high")} <= values
    assert all(one["percent"] >= 50 and one["words"] for one in found["suggestions"])
    assert found["language"] == "en" and found["tone"] == "angry"
    assert {one["status"] for one in found["similar"]} <= {"solved"}


def test_switched_off_it_is_empty_and_customers_have_none(app: Flask, cast: Cast):
    filed = factories.file_ticket(app, cast.bob)
    path = f"/tickets/{filed.number}/suggestions"
    nothing = {"suggestions": [], "similar": [], "language": None, "tone": None}
    assert ApiClient(app, key_of(app, cast.sam)).get(path).json == nothing
    for who in (cast.bob, cast.carl):
        ApiClient(app, key_of(app, who)).get(path, 403)
    ApiClient(app).get(path, 401)
    ApiClient(app, key_of(app, cast.sam)).get("/tickets/REQ999999/suggestions", 404)
