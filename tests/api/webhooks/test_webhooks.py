"""`/webhooks` for programs: the same rules as on the pages."""

from collections.abc import Iterator

import pytest
from flask import Flask

from tests import factories
from tests.api.api_client import ApiClient, key_of
from tests.api.conftest import Call
from tests.cast import Cast
from tests.databases import BOTH
from tests.webhook_receiver import Receiver, receiver
from tests.webhooks import create_webhook as set_up
from tests.webhooks import deliver_due, deliveries, webhook


@pytest.fixture
def server(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with receiver() as running:
        monkeypatch.setitem(app.config, "OUTBOUND_ALLOW", frozenset({("127.0.0.1", running.port)}))
        yield running


def test_one_is_set_up_called_listed_changed_and_deleted(
    app: Flask, call: Call, cast: Cast, server: Receiver
) -> None:
    ann = call(cast.ann)
    made = ann.post("/webhooks", {"url": server.url, "events": ["ticket.created"]}, 201)
    path = made.headers["Location"].removeprefix("/api/v1")
    secret = made.json.pop("secret")
    told = {key: value for key, value in made.json.items() if key != "secret"}
    assert ann.get("/webhooks").json == {"items": [told], "next": None}
    assert ann.get(path).json == told
    factories.file_ticket(app, cast.bob)
    deliver_due(app)
    assert server.taken[0].signed_with(secret)
    changed = ann.patch(path, {"events": ["ticket.solved"], "active": False}).json
    assert changed == {**told, "events": ["ticket.solved"], "state": "paused"}
    ann.delete(path)
    ann.get(path, 404)


def test_a_new_secret_signs_beside_the_former(
    app: Flask, call: Call, cast: Cast, server: Receiver
) -> None:
    hook = set_up(app, cast.ann, server.url)
    ann = call(cast.ann)
    fresh = ann.post(f"/webhooks/{hook.id}/secret", status=201).json["secret"]
    ann.post(f"/webhooks/{hook.id}/test", status=202)
    deliver_due(app)
    assert server.taken[0].signed_with(hook.secret)
    assert server.taken[0].signed_with(fresh)


@BOTH
def test_deliveries_are_paged_and_sent_again(
    app: Flask, call: Call, cast: Cast, server: Receiver
) -> None:
    hook = set_up(app, cast.ann, server.url)
    for _ in range(3):
        factories.file_ticket(app, cast.bob)
    server.answers = [500]
    deliver_due(app)
    ann = call(cast.ann)
    path = f"/webhooks/{hook.id}/deliveries"
    first = ann.get(f"{path}?limit=2").json
    rest = ann.get(f"{path}?limit=2&cursor={first['next']}").json
    assert [item["id"] for item in (*first["items"], *rest["items"])] == [3, 2, 1]
    assert rest["next"] is None
    (failed,) = rest["items"]
    assert (failed["state"], failed["reason"], failed["status"]) == ("pending", "status", 500)
    assert failed["ticket"] == "REQ000001"
    ann.post(f"{path}/1/redeliver", status=202)
    deliver_due(app)
    assert deliveries(app)[0].state == "sent"
    assert ann.get(f"{path}?cursor=x", 422).errors == {"cursor": ["unknown"]}


def test_an_event_is_told_with_its_request_and_each_try(
    app: Flask, call: Call, cast: Cast, server: Receiver
) -> None:
    hook = set_up(app, cast.ann, server.url)
    factories.file_ticket(app, cast.bob)
    server.answers = [500]
    deliver_due(app)
    ann = call(cast.ann)
    path = f"/webhooks/{hook.id}/deliveries"
    again = ann.post(f"{path}/1/redeliver", status=202).headers["Location"]
    assert again == f"/api/v1{path}/1"
    deliver_due(app)
    told = ann.get(f"{path}/1").json
    assert told["request"] == {"url": server.url, "body": server.taken[-1].json}
    assert [(one["status"], one["reason"]) for one in told["tries"]] == [(200, None), (500, None)]
    assert all(one["host"] and one["milliseconds"] >= 0 for one in told["tries"])
    (listed,) = ann.get(path).json["items"]
    assert {name: told[name] for name in listed} == listed
    tested = ann.post(f"/webhooks/{hook.id}/test", status=202).headers["Location"]
    sent = ann.get(tested.removeprefix("/api/v1")).json
    assert (sent["type"], sent["request"]["body"]["data"], sent["tries"]) == (
        "webhook.test",
        {},
        [],
    )


@pytest.mark.threat("foreign rows")
def test_what_must_not_leave_any_more_is_not_told(
    app: Flask, call: Call, cast: Cast, server: Receiver
) -> None:
    hook = set_up(app, cast.ann, server.url)
    ticket = factories.file_ticket(app, cast.bob)
    call(cast.sam).delete(f"/tickets/{ticket.number}", headers={"If-Match": "*"})
    told = call(cast.ann).get(f"/webhooks/{hook.id}/deliveries/1").json
    assert (told["request"], told["withheld"]) == (None, "trashed")
    call(cast.ann).get(f"/webhooks/{hook.id}/deliveries/2", 404)


@pytest.mark.threat("foreign rows")
def test_those_who_do_not_see_to_them_have_none(
    app: Flask, call: Call, cast: Cast, server: Receiver
) -> None:
    ours, desks = set_up(app, cast.ann, server.url), set_up(app, cast.ada, server.url, desk=True)
    body = {"url": server.url, "events": ["user.created"]}
    for person in (cast.bob, cast.sam):
        assert call(person).get("/webhooks").json["items"] == []
        call(person).post("/webhooks", body, 403)
    for person, foreign in (
        (cast.bob, ours),
        (cast.carl, ours),
        (cast.ann, desks),
        (cast.ada, ours),
    ):
        api_client, path = call(person), f"/webhooks/{foreign.id}"
        api_client.get(path, 404)
        api_client.patch(path, {"active": False}, 404)
        api_client.delete(path, 404)
        api_client.get(f"{path}/deliveries", 404)
        api_client.get(f"{path}/deliveries/1", 404)
        for way in ("secret", "test", "deliveries/1/redeliver"):
            api_client.post(f"{path}/{way}", status=404)
    call(cast.ann).post("/webhooks", {**body, "desk": True}, 403)
    assert [item["desk"] for item in call(cast.ada).get("/webhooks").json["items"]] == [True]
    call(cast.ada).post("/webhooks", {**body, "desk": True}, 201)
    assert webhook(app, ours).is_active


@pytest.mark.threat("requests into the house")
@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"url": "http://8.8.8.8/"}, {"url": ["url"]}),
        ({"url": "https://169.254.169.254/"}, {"url": ["unreachable"]}),
        ({"url": "https://localhost/"}, {"url": ["unreachable"]}),
        ({"url": 5}, {"url": ["type"]}),
        ({"events": []}, {"events": ["required"]}),
        ({"events": ["ticket.eaten"]}, {"events.0": ["unknown"]}),
        ({"secret": "mine"}, {"secret": ["unknown_field"]}),
    ],
)
def test_what_is_wrong_is_named(
    app: Flask,
    call: Call,
    cast: Cast,
    server: Receiver,
    body: dict[str, object],
    errors: dict[str, list[str]],
) -> None:
    hook = set_up(app, cast.ann, server.url)
    ann = call(cast.ann)
    assert ann.patch(f"/webhooks/{hook.id}", body, 422).errors == errors
    made = {"url": server.url, "events": ["ticket.created"], **body}
    assert ann.post("/webhooks", made, 422).errors == errors
    assert webhook(app, hook).url == server.url


def test_one_that_is_switched_off_sends_nothing_again(
    app: Flask, call: Call, cast: Cast, server: Receiver
) -> None:
    hook = set_up(app, cast.ann, server.url)
    ann = ApiClient(app, key_of(app, cast.ann))
    ann.patch(f"/webhooks/{hook.id}", {"active": False})
    reply = ann.post(f"/webhooks/{hook.id}/test", status=422)
    assert reply.errors == {"state": ["switched_off"]}
