"""An answer to repeat ends with the right to it, at every POST of the API."""

import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from flask import Flask

from portal.extensions import db, limiter
from portal.models.people import KeyScope, PendingRegistration, Right, Role, TokenPurpose, User
from portal.models.tickets import Ticket
from portal.security.delivery import outbound
from portal.security.people import refresh_tokens, tokens
from portal.services.people import registration, users
from portal.services.tickets import tickets
from portal.services.webhooks import webhooks
from tests import factories
from tests.api.api_client import ApiClient, Reply, token_of
from tests.api.test_every_endpoint import endpoints
from tests.cast import PASSWORD, Cast
from tests.marketplaces.fixtures import sells_at
from tests.model_server import desk_with_model

pytestmark = pytest.mark.threat("rights kept or taken")

KEY = {"Idempotency-Key": "one-and-the-same"}
NEW_PASSWORD = "four unrelated small words"
CALLED = "https://9.9.9.9/hook"
WEBHOOK = {"url": CALLED, "events": ["ticket.created"]}
SAID = {"message": "The boiler is cold."}


def post(desk: "Desk", path: str, **body: Any) -> Callable[[], Reply]:
    """Sends that to `path` each time that it is called, as Ann is signed in then."""
    return lambda: desk.ann().ask("POST", path, headers=KEY, **body)


def upload(desk: "Desk") -> Callable[[], Reply]:
    def sent() -> Reply:
        data = {"attachments": (io.BytesIO(b"12 degrees"), "log.txt")}
        path = "/tickets/REQ000001/attachments"
        return desk.ann().ask("POST", path, headers=KEY, data=data)

    return sent


def refresh(desk: "Desk") -> Callable[[], Reply]:
    with factories.writing(desk.app):
        _family, text = refresh_tokens.start(db.session.get_one(User, desk.cast.ann.id))
    return post(desk, "/auth/refresh", json={"refresh_token": text})


def reset(desk: "Desk") -> Callable[[], Reply]:
    with factories.writing(desk.app):
        ann = db.session.get_one(User, desk.cast.ann.id)
        token = tokens.sign(TokenPurpose.RESET, tokens.issue(ann, TokenPurpose.RESET))
    body = {"token": token, "new_password": NEW_PASSWORD}
    return post(desk, "/auth/password-reset-confirm", json=body)


def export(desk: "Desk", path: str, **body: Any) -> Callable[[], Reply]:
    with factories.writing(desk.app):
        ann = db.session.get_one(User, desk.cast.ann.id)
        ann.role, ann.rights = Role.STAFF, Right.EXPORTS
    return post(desk, path, json={"kind": "people", **body})


def sync(desk: "Desk") -> Callable[[], Reply]:
    sells_at(desk.app, desk.cast.ann)
    return post(desk, "/products/sync", json={})


def draft(desk: "Desk") -> Callable[[], Reply]:
    desk.running.enter_context(desk_with_model(desk.app, desk.patch))
    with factories.writing(desk.app):
        db.session.get_one(User, desk.cast.ann.id).role = Role.STAFF
    return post(desk, "/tickets/REQ000001/drafts", json={"task": "draft"})


def verify(desk: "Desk") -> Callable[[], Reply]:
    with factories.writing(desk.app):
        registration.ask(email=NINA["email"])
        row = db.session.scalars(db.select(PendingRegistration)).one()
        token = tokens.sign(TokenPurpose.REGISTRATION, row)
    return post(desk, "/auth/verify-email", json={"token": token, "password": NEW_PASSWORD})


class Desk:
    """A ticket and a webhook of Ann's, and what she sends."""

    def __init__(
        self, app: Flask, cast: Cast, patch: pytest.MonkeyPatch, running: ExitStack
    ) -> None:
        self.app, self.cast, self.patch, self.running = app, cast, patch, running
        factories.file_ticket(app, cast.ann)
        with factories.writing(app):
            webhook, _secret = webhooks.create(
                actor=cast.ann,
                organization_id=cast.ann.organization_id,
                target=outbound.parse(CALLED),
                events=["ticket.created"],
            )
            webhooks.send_test(actor=cast.ann, webhook=webhook)

    def ann(self) -> ApiClient:
        return ApiClient(self.app, token_of(self.app, self.cast.ann))


LOGIN = {"email": "ann@example.com", "password": PASSWORD}
NINA = {"email": "nina@example.com"}
REQUESTS: dict[str, Callable[[Desk], Callable[[], Reply]]] = {
    "/account/export-data": lambda d: post(d, "/account/export-data"),
    "/admin/exports/schedules": lambda d: export(d, "/admin/exports/schedules", every="week"),
    "/admin/requests/export": lambda d: export(d, "/admin/requests/export"),
    "/auth/api-key-reset": lambda d: post(d, "/auth/api-key-reset", json={"password": PASSWORD}),
    "/auth/change-password": lambda d: post(
        d, "/auth/change-password", json={"old_password": PASSWORD, "new_password": NEW_PASSWORD}
    ),
    "/auth/login": lambda d: post(d, "/auth/login", json=LOGIN),
    "/auth/logout": lambda d: post(d, "/auth/logout"),
    "/auth/password-reset-confirm": reset,
    "/auth/password-reset-request": lambda d: post(
        d, "/auth/password-reset-request", json={"email": LOGIN["email"]}
    ),
    "/auth/refresh": refresh,
    "/auth/register": lambda d: post(d, "/auth/register", json=NINA),
    "/auth/verify-email": verify,
    "/organizations/me/domains": lambda d: post(
        d, "/organizations/me/domains", json={"email": "postmaster@acme.example"}
    ),
    "/organizations/me/members": lambda d: post(
        d, "/organizations/me/members", json={"email": "new@example.com"}
    ),
    "/products/sync": sync,
    "/tickets": lambda d: post(d, "/tickets", json={"subject": "Boiler", **SAID}),
    "/tickets/REQ000001/attachments": upload,
    "/tickets/REQ000001/comments": lambda d: post(d, "/tickets/REQ000001/comments", json=SAID),
    "/tickets/REQ000001/drafts": draft,
    "/tickets/REQ000001/participants": lambda d: post(
        d, "/tickets/REQ000001/participants", json=NINA
    ),
    "/webhooks": lambda d: post(d, "/webhooks", json=WEBHOOK),
    "/webhooks/1/deliveries/1/redeliver": lambda d: post(d, "/webhooks/1/deliveries/1/redeliver"),
    "/webhooks/1/secret": lambda d: post(d, "/webhooks/1/secret"),
    "/webhooks/1/test": lambda d: post(d, "/webhooks/1/test"),
}
# Whoever asks for these has not signed in, and is told nothing: an empty answer.
EMPTY = {"/auth/password-reset-confirm", "/auth/password-reset-request", "/auth/register"}


@pytest.fixture
def desk(app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr(limiter, "enabled", False)
    with ExitStack() as running:
        yield Desk(app, cast, monkeypatch, running)


def test_every_post_that_is_remembered_is_tried_here(app: Flask) -> None:
    posts = [endpoint for endpoint in endpoints(app) if endpoint.method == "POST"]
    assert set(REQUESTS) == {e.path for e in posts if e.spec.scope is KeyScope.WRITE}
    for endpoint in endpoints(app):
        takes = any(p["name"] == "Idempotency-Key" for p in endpoint.told["parameters"])
        assert takes is (endpoint.path in REQUESTS and endpoint.method == "POST")


def is_repeated(reply: Reply) -> bool:
    return "Idempotent-Replayed" in reply.headers


@pytest.mark.parametrize("path", REQUESTS)
def test_its_answer_is_given_again_until_its_reader_has_other_rights(desk: Desk, path: str) -> None:
    send = REQUESTS[path](desk)
    first = send()
    assert first.status < 300
    assert is_repeated(again := send())
    assert again.body == first.body
    with factories.writing(desk.app):
        of_staff = User.id.in_([desk.cast.sam.id, desk.cast.sue.id, desk.cast.ada.id])
        for person in db.session.scalars(db.select(User).where(~of_staff)):
            role = Role.STAFF if person.role == Role.CUSTOMER else Role.ADMIN
            users.set_role(actor=desk.cast.ada, user=person, role=role)
    late = send()
    if path in EMPTY:
        assert (is_repeated(late), late.body) == (True, b"")
    else:
        assert (late.status, late.code, is_repeated(late)) == (410, "answer_ended", False)


@pytest.mark.parametrize("path", [path for path in REQUESTS if path.startswith("/tickets")])
def test_the_answer_about_a_ticket_ends_when_that_is_thrown_away(desk: Desk, path: str) -> None:
    send = REQUESTS[path](desk)
    number = send().json.get("number", "REQ000001")
    with factories.writing(desk.app):
        row = db.session.get_one(Ticket, int(number[3:]))
        tickets.delete(actor=desk.cast.sam, ticket=row)
    assert send().code == "answer_ended"
    with factories.writing(desk.app):
        row = db.session.get_one(Ticket, int(number[3:]))
        tickets.restore(actor=desk.cast.sam, ticket=row)
    assert is_repeated(send())
