"""`/account/webhooks` and `/admin/webhooks`: the same pages for an organization and the desk."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from portal.extensions import db
from portal.models.delivery import OutboxState
from portal.models.people import AccountEvent, OrganizationRole, User
from portal.models.webhooks import WebhookState
from portal.services.webhooks.webhooks import MAX_WEBHOOKS
from tests import factories
from tests.cast import Cast
from tests.mailbox import Mailbox
from tests.page import Page, Visitor
from tests.webhook_receiver import Receiver, receiver
from tests.webhooks import create_webhook, deliver_due, deliveries, webhook

Visit = Callable[[], Visitor]
OURS, DESKS = "/account/webhooks", "/admin/webhooks"


@pytest.fixture
def server(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with receiver() as running:
        monkeypatch.setitem(app.config, "OUTBOUND_ALLOW", frozenset({("127.0.0.1", running.port)}))
        yield running


def set_up(visitor: Visitor, url: str, place: str = OURS, *events: str, status: int = 303) -> Page:
    """The page that follows, or the refusal."""
    fields = {"url": url, "events": list(events or ("ticket.created", "ticket.commented"))}
    page = visitor.post(place, fields, status)
    return visitor.follow(page) if status == 303 else page


def secret_on(page: Page) -> str:
    return page.one("input", id="secret")["value"]


def test_an_owner_sets_one_up_sees_its_secret_once_and_hears_of_tickets(
    app: Flask, cast: Cast, client: Visitor, server: Receiver, mailbox: Mailbox
) -> None:
    client.sign_in(cast.ann)
    assert "No webhooks yet" in client.get(OURS).words
    page = set_up(client, server.url)
    secret = secret_on(page)
    assert page.headers["Cache-Control"] == "no-store"
    for path in (OURS, f"{OURS}/1"):
        later = client.get(path)
        assert secret not in later.text
        assert f"127.0.0.1:{server.port}" in later.words
    factories.file_ticket(app, cast.bob)
    deliver_due(app)
    assert server.taken[0].signed_with(secret)
    assert mailbox.subjects(cast.ann.email).count("A webhook was changed") == 1


@pytest.mark.parametrize(
    ("person", "place"),
    [("bob", OURS), ("bob", DESKS), ("ann", DESKS), ("sam", DESKS), ("sam", OURS)],
)
def test_others_have_no_such_page(cast: Cast, client: Visitor, person: str, place: str) -> None:
    client.sign_in(getattr(cast, person))
    hidden = place == DESKS and person != "sam"  # from customers, all of administration
    page = client.get(place, status=404 if hidden else 403)
    set_up(client, "https://8.8.8.8/", place, status=page.status)
    if place == OURS:
        assert "Webhooks" not in [link.text for link in client.get("/account/").all("a")]


def test_a_webhook_of_others_is_not_there(
    app: Flask, cast: Cast, visit: Visit, server: Receiver
) -> None:
    ours, desks = (
        create_webhook(app, cast.ann, server.url),
        create_webhook(app, cast.ada, server.url, desk=True),
    )
    factories.file_ticket(app, cast.bob)
    carl, ann, ada = (visit().sign_in(person) for person in (cast.carl, cast.ann, cast.ada))
    wrong = [(carl, OURS, ours), (ann, OURS, desks), (ada, DESKS, ours), (ada, OURS, desks)]
    for visitor, place, hook in wrong:
        path = f"{place}/{hook.id}"
        visitor.get(path, status=404)
        visitor.get(f"{path}/deliveries/1", status=404)
        for way in ("", "/secret", "/test", "/state", "/delete", "/deliveries/1/redeliver"):
            visitor.post(path + way, {"url": server.url, "events": "user.created"}, 404)
    # The right webhook, and a delivery of another.
    ann.get(f"{OURS}/{ours.id}/deliveries/2", status=404)
    ann.post(f"{OURS}/{ours.id}/deliveries/2/redeliver", status=404)


def test_an_administrator_of_the_organization_may_too(
    app: Flask, cast: Cast, client: Visitor, server: Receiver
) -> None:
    with factories.writing(app):
        row = db.session.get_one(User, cast.bob.id)
        row.organization_role = OrganizationRole.ADMIN
    client.sign_in(cast.bob)
    set_up(client, server.url)
    assert client.get(OURS).one("a", href=OURS, aria_current="page").text == "Webhooks"


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("", "Please fill this in."),
        ("http://8.8.8.8/", "begins with https://"),
        ("https://user:word@8.8.8.8/", "begins with https://"),
        ("https://localhost/", "No server of the public Internet"),
        ("https://169.254.169.254/", "No server of the public Internet"),
        ("https://nobody.invalid/", "No server of the public Internet"),
    ],
)
def test_an_address_that_may_not_be_called_is_refused_with_what_was_typed(
    cast: Cast, client: Visitor, url: str, sentence: str
) -> None:
    page = set_up(client.sign_in(cast.ann), url, status=422)
    assert sentence in page.words
    assert page.one("input", name="url")["value"] == url


def test_no_events_and_unknown_events_are_refused(
    cast: Cast, client: Visitor, server: Receiver
) -> None:
    client.sign_in(cast.ann)
    assert "Please fill this in." in client.post(OURS, {"url": server.url}, 422).words
    nothing = client.http.post(OURS, headers={"X-CSRFToken": client.csrf_token()})
    assert nothing.status_code == 422
    assert "one of the list" in set_up(client, server.url, OURS, "ticket.eaten", status=422).words


def test_there_is_an_end_to_how_many(
    app: Flask, cast: Cast, client: Visitor, server: Receiver
) -> None:
    for _ in range(MAX_WEBHOOKS):
        create_webhook(app, cast.ann, server.url)
    page = set_up(client.sign_in(cast.ann), server.url, status=422)
    assert "as many webhooks" in page.words


def test_address_and_events_are_changed(
    app: Flask, cast: Cast, client: Visitor, server: Receiver
) -> None:
    hook = create_webhook(app, cast.ann, server.url)
    client.sign_in(cast.ann)
    path, other = f"{OURS}/{hook.id}", f"{server.url}/other"
    client.post(path, {"url": other, "events": "ticket.solved"})
    assert (webhook(app, hook).url, webhook(app, hook).events) == (other, ["ticket.solved"])
    for fields in ({"url": "https://localhost/", "events": "ticket.solved"}, {"url": other}):
        client.post(path, fields, 422)
    assert webhook(app, hook).url == other


def test_events_can_be_changed_while_the_address_is_away(
    app: Flask, cast: Cast, client: Visitor, server: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = create_webhook(app, cast.ann, server.url)
    with factories.writing(app):
        db.session.get_one(type(webhook(app, hook)), hook.id).url = "https://nobody.invalid/"
    fields = {"url": "https://nobody.invalid/", "events": "ticket.solved"}
    client.sign_in(cast.ann).post(f"{OURS}/{hook.id}", fields)
    assert webhook(app, hook).events == ["ticket.solved"]


def test_a_new_secret_is_shown_once_and_the_former_signs_as_well(
    app: Flask, cast: Cast, client: Visitor, server: Receiver
) -> None:
    hook = create_webhook(app, cast.ann, server.url)
    client.sign_in(cast.ann)
    page = client.follow(client.post(f"{OURS}/{hook.id}/secret"))
    fresh = secret_on(page)
    assert "former secret" in page.words
    assert fresh not in client.get(f"{OURS}/{hook.id}").text
    client.post(f"{OURS}/{hook.id}/test")
    deliver_due(app)
    assert server.taken[0].type == "webhook.test"
    assert server.taken[0].json["data"] == {}
    assert server.taken[0].signed_with(fresh)
    assert server.taken[0].signed_with(hook.secret)


def test_the_log_shows_what_was_sent_and_sends_it_again(
    app: Flask, cast: Cast, client: Visitor, server: Receiver
) -> None:
    hook = create_webhook(app, cast.ann, server.url)
    filed = factories.file_ticket(app, cast.bob, "Cold radiator")
    server.answers = [503]
    deliver_due(app)
    client.sign_in(cast.ann)
    row = client.get(f"{OURS}/{hook.id}").one("li", id="delivery-1")
    assert all(words in row.text for words in (filed.number, "Waiting", "503", "ms"))
    page = client.get(row.one("a")["href"])
    assert "503" in page.one("section", id="attempts").text
    assert "Cold radiator" in page.one("section", id="body").text
    client.post(page.one("section", id="event").one("form")["action"])
    deliver_due(app)
    again = deliveries(app)[0]
    assert [taken.id for taken in server.taken] == [again.event_key] * 2
    assert again.state == OutboxState.SENT
    assert "Delivered" in client.get(f"{OURS}/{hook.id}/deliveries/1").words


def test_nothing_that_the_receiver_says_is_shown(
    app: Flask, cast: Cast, client: Visitor, server: Receiver
) -> None:
    hook = create_webhook(app, cast.ann, server.url)
    factories.file_ticket(app, cast.bob)
    server.answers, server.body, server.headers = (
        [500],
        b"inner-secret",
        {"X-Inner": "inner-secret"},
    )
    deliver_due(app)
    client.sign_in(cast.ann)
    for path in (f"{OURS}/{hook.id}", f"{OURS}/{hook.id}/deliveries/1"):
        assert "inner-secret" not in client.get(path).text


def test_switched_off_it_hears_nothing_and_what_waits_is_parked(
    app: Flask, cast: Cast, client: Visitor, server: Receiver
) -> None:
    hook = create_webhook(app, cast.ann, server.url)
    factories.file_ticket(app, cast.bob)
    client.sign_in(cast.ann).post(f"{OURS}/{hook.id}/state", {"active": "0"})
    factories.file_ticket(app, cast.bob)
    deliver_due(app)
    assert server.taken == []
    assert [row.state for row in deliveries(app)] == [OutboxState.PARKED]
    client.post(f"{OURS}/{hook.id}/test", status=422)
    client.post(f"{OURS}/{hook.id}/state", {"active": "1"})
    client.post(f"{OURS}/{hook.id}/deliveries/1/redeliver")
    deliver_due(app)
    assert len(server.taken) == 1


def test_whoever_switches_it_on_takes_it_over(
    app: Flask, cast: Cast, client: Visitor, server: Receiver
) -> None:
    with factories.writing(app):
        db.session.get_one(User, cast.bob.id).organization_role = OrganizationRole.ADMIN
    hook = create_webhook(app, cast.ann, server.url)
    with factories.writing(app):
        db.session.get_one(User, cast.ann.id).is_active = False
    client.sign_in(cast.bob)
    assert "Silent" in client.get(f"{OURS}/{hook.id}").words
    client.post(f"{OURS}/{hook.id}/state", {"active": "1"})
    assert webhook(app, hook).owner_id == cast.bob.id
    factories.file_ticket(app, cast.bob)
    deliver_due(app)
    assert len(server.taken) == 1


def test_one_that_failed_says_so_and_is_switched_on_again(
    app: Flask, cast: Cast, client: Visitor, server: Receiver
) -> None:
    hook = create_webhook(app, cast.ada, server.url, desk=True)
    factories.file_ticket(app, cast.bob)
    server.answers = [410]
    deliver_due(app)
    client.sign_in(cast.ada)
    assert "nothing got through" in client.get(DESKS).words
    client.post(f"{DESKS}/{hook.id}/state", {"active": "1"})
    assert (webhook(app, hook).state, webhook(app, hook).failures) == (WebhookState.ACTIVE, 0)


def test_deleted_it_is_gone_with_its_log(
    app: Flask, cast: Cast, client: Visitor, server: Receiver
) -> None:
    hook = create_webhook(app, cast.ann, server.url)
    factories.file_ticket(app, cast.bob)
    client.sign_in(cast.ann)
    client.follow(client.post(f"{OURS}/{hook.id}/delete"))
    client.get(f"{OURS}/{hook.id}", status=404)
    assert deliveries(app) == []
    with app.app_context():
        lines = db.session.scalars(
            db.select(AccountEvent)
            .where(AccountEvent.kind == "webhook_changed")
            .order_by(AccountEvent.id)
        )
        assert [line.data["change"] for line in lines] == ["created", "deleted"]
