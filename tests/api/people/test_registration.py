"""Opening an account by a program, in each of the ways that REGISTRATION names."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.extensions import db
from portal.models.delivery import Outbox
from portal.models.people import PendingRegistration, User
from portal.services.people.registration import Mode
from tests import factories
from tests.api.api_client import ApiClient
from tests.cast import PASSWORD, Cast
from tests.mailbox import Mailbox
from tests.statements import statements

REGISTER = "/auth/register"
VERIFY = "/auth/verify-email"
EMAIL = "zoe@example.com"
ZOE: dict[str, Any] = {"email": "Zoe@Example.com"}
FACTS = {
    "first_name": "Zoë",
    "last_name": "Zimmer",
    "username": "Zoe.Z",
    "phone": "+1 202 555 0143",
    "inn": "7707083893",
    "marketplace_type": "both",
    "company_name": "Zimmer & Co",
}


@pytest.fixture
def opened(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Accounts are opened at once."""
    monkeypatch.setitem(app.config, "REGISTRATION", Mode.OPEN.value)


@pytest.fixture
def invited(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Accounts are opened by invitation alone."""
    monkeypatch.setitem(app.config, "REGISTRATION", Mode.INVITED.value)


def count(app: Flask, model: type) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def token(api_client: ApiClient, mailbox: Mailbox, **body: Any) -> str:
    """What stands last in the link that Zoe is mailed who asks for an account."""
    reply = api_client.post(REGISTER, {**ZOE, **body}, 202)
    assert reply.body == b""
    return mailbox.link(EMAIL, "verify").rpartition("/")[2]


def test_the_mailed_token_and_a_password_open_the_account(
    app: Flask, api_client: ApiClient, mailbox: Mailbox
) -> None:
    proof = {"token": token(api_client, mailbox), "password": PASSWORD}
    assert count(app, User) == 0
    made = api_client.post(VERIFY, proof).json
    user = made["user"]
    assert (user["id"], user["email"], user["role"]) == ("USR000001", EMAIL, "customer")
    assert (user["is_verified"], user["organization_role"]) == (True, "owner")
    assert ApiClient(app, made["access_token"]).get("/users/me").json == user
    api_client.post("/auth/refresh", {"refresh_token": made["refresh_token"]})
    api_client.post("/auth/login", {"email": EMAIL, "password": PASSWORD})
    assert api_client.post(VERIFY, proof, 410).code == "bad_link"


def sells_at(api_client: ApiClient, made: dict[str, Any]) -> object:
    own = ApiClient(api_client.app, made["access_token"]).get("/organizations/me").json
    return own["marketplace_type"]


def test_everything_that_may_be_said_is_kept(api_client: ApiClient, mailbox: Mailbox) -> None:
    proof = {"token": token(api_client, mailbox, **FACTS), "password": PASSWORD}
    made = api_client.post(VERIFY, proof).json
    assert sells_at(api_client, made) == "both"
    user = made["user"]
    assert user["organization"]["name"] == "Zimmer & Co"
    assert (user["username"], user["phone"]) == ("zoe.z", "+12025550143")
    assert (user["first_name"], user["inn"]) == ("Zoë", "7707083893")


def test_everything_that_may_be_said_is_kept_at_once(api_client: ApiClient, opened: None) -> None:
    body = {**ZOE, **FACTS, "password": PASSWORD}
    made = api_client.post(REGISTER, body, 201).json
    assert sells_at(api_client, made) == "both"
    user = made["user"]
    assert user["organization"]["name"] == "Zimmer & Co"
    assert (user["username"], user["phone"]) == ("zoe.z", "+12025550143")
    assert (user["first_name"], user["inn"]) == ("Zoë", "7707083893")


def test_the_language_is_that_of_the_request(api_client: ApiClient, mailbox: Mailbox) -> None:
    api_client.post(REGISTER, ZOE, 202, headers={"Accept-Language": "ru"})
    link = mailbox.link(EMAIL, "verify").rpartition("/")[2]
    made = api_client.post(VERIFY, {"token": link, "password": PASSWORD}).json
    assert made["user"]["locale"] == "ru"


@pytest.mark.threat("telling who exists")
def test_every_address_is_answered_alike_after_the_same_work(
    app: Flask, api_client: ApiClient, cast: Cast
) -> None:
    with factories.writing(app):
        db.session.get_one(User, cast.bob.id).is_active = False
        db.session.get_one(User, cast.carl.id).username = "zoe.z"
    seen = []
    for email in (EMAIL, cast.ann.email, cast.bob.email, EMAIL):
        with statements(app) as work:
            reply = api_client.post(REGISTER, {**FACTS, "email": email}, 202)
        seen.append((reply.status, reply.body, sorted(reply.headers.keys()), list(work)))
    assert all(answer == seen[0] for answer in seen)


@pytest.mark.threat("telling who exists")
def test_who_has_the_address_reads_so_in_their_mail_alone(
    api_client: ApiClient, cast: Cast, mailbox: Mailbox
) -> None:
    api_client.post(REGISTER, {**ZOE, "email": cast.ann.email}, 202)
    assert mailbox.subjects(cast.ann.email) == ["You already have an account"]


def test_a_username_that_is_taken_by_then_is_left_out(
    app: Flask, api_client: ApiClient, cast: Cast, mailbox: Mailbox
) -> None:
    proof = {"token": token(api_client, mailbox, username="zoe.z"), "password": PASSWORD}
    with factories.writing(app):
        db.session.get_one(User, cast.carl.id).username = "zoe.z"
    assert api_client.post(VERIFY, proof).json["user"]["username"] is None


WRONG = [
    ("email", "no address", "address"),
    ("email", "a@" + "b" * 300 + ".com", "too_long"),
    ("first_name", "x" * 101, "too_long"),
    ("marketplace_type", "ebay", "unknown"),
    ("first_name", "a\0b", "nul"),
    ("first_name", None, "null"),
    ("username", "a", "username"),
    ("username", "admin", "reserved"),
    ("phone", "12", "phone"),
    ("inn", "1234567890", "inn"),
    ("company_name", "x" * 201, "too_long"),
    ("role", "admin", "unknown_field"),
    ("is_verified", True, "unknown_field"),
]


@pytest.mark.parametrize(
    ("field", "value", "code"), [*WRONG, ("password", PASSWORD, "unknown_field")]
)
def test_what_is_wrong_is_named_and_nothing_is_kept(
    app: Flask, api_client: ApiClient, field: str, value: object, code: str
) -> None:
    reply = api_client.post(REGISTER, {**ZOE, field: value}, 422)
    assert reply.errors == {field: [code]}
    assert count(app, PendingRegistration) == count(app, Outbox) == 0


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        *WRONG,
        ("password", "short", "short_password"),
        ("password", "password1", "weak_password"),
        ("password", "x" * 201, "too_long"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_made(
    app: Flask, api_client: ApiClient, opened: None, field: str, value: object, code: str
) -> None:
    reply = api_client.post(REGISTER, {**ZOE, "password": PASSWORD, field: value}, 422)
    assert reply.errors == {field: [code]}
    assert count(app, User) == 0


def test_all_that_is_wrong_is_told_at_once(api_client: ApiClient, opened: None) -> None:
    reply = api_client.post(REGISTER, {"email": "x", "role": "admin"}, 422)
    assert reply.errors == {
        "email": ["address"], "role": ["unknown_field"], "password": ["required"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("password", "code"),
    [("short", "short_password"), ("zoeloewe2026", "weak_password"), ("x" * 201, "too_long")],
)
def test_a_poor_password_is_refused_and_the_token_stays(
    app: Flask, api_client: ApiClient, mailbox: Mailbox, password: str, code: str
) -> None:
    proof = token(api_client, mailbox, first_name="Zoeloewe")
    reply = api_client.post(VERIFY, {"token": proof, "password": password}, 422)
    assert reply.errors == {"password": [code]}
    assert count(app, User) == 0
    api_client.post(VERIFY, {"token": proof, "password": PASSWORD})


@pytest.mark.threat("mailed links")
@pytest.mark.parametrize("wrong", ["x", "W10.x", ".", "a" * 500])
def test_a_token_that_is_none_of_ours_opens_nothing(api_client: ApiClient, wrong: str) -> None:
    assert api_client.post(VERIFY, {"token": wrong, "password": PASSWORD}, 410).code == "bad_link"


def test_what_is_missing_is_named(api_client: ApiClient) -> None:
    assert api_client.post(VERIFY, {}, 422).errors == {
        "token": ["required"], "password": ["required"],
    }  # fmt: skip


def test_an_open_desk_signs_in_at_once(app: Flask, api_client: ApiClient, opened: None) -> None:
    made = api_client.post(REGISTER, {**ZOE, "password": PASSWORD}, 201).json
    assert made["user"]["is_verified"] is False
    assert ApiClient(app, made["access_token"]).get("/users/me").json == made["user"]


def test_an_open_desk_says_that_an_address_is_known(
    app: Flask, api_client: ApiClient, cast: Cast, opened: None
) -> None:
    body = {"email": cast.ann.email, "password": PASSWORD}
    before = count(app, User)
    assert api_client.post(REGISTER, body, 409).code == "email_taken"
    assert (count(app, User), count(app, Outbox)) == (before, 0)


def test_an_open_desk_says_that_a_username_is_taken(
    app: Flask, api_client: ApiClient, cast: Cast, opened: None
) -> None:
    with factories.writing(app):
        db.session.get_one(User, cast.carl.id).username = "zoe.z"
    body = {**ZOE, "password": PASSWORD, "username": "ZOE.Z"}
    assert api_client.post(REGISTER, body, 422).errors == {"username": ["taken"]}


def test_by_invitation_alone_programs_are_refused(
    app: Flask, api_client: ApiClient, invited: None
) -> None:
    assert api_client.post(REGISTER, ZOE, 403).code == "registration_closed"
    proof = {"token": "x", "password": PASSWORD}
    assert api_client.post(VERIFY, proof, 403).code == "registration_closed"
    assert count(app, PendingRegistration) == count(app, User) == 0


@pytest.mark.threat("floods")
def test_twenty_an_hour_from_one_address(api_client: ApiClient) -> None:
    replies = [
        api_client.ask("POST", REGISTER, json={"email": f"zoe{n}@example.com"}) for n in range(21)
    ]
    assert [reply.status for reply in replies] == [202] * 20 + [429]


@pytest.mark.threat("guessing without end")
def test_trying_tokens_is_limited(api_client: ApiClient) -> None:
    guess = {"token": "guess", "password": PASSWORD}
    assert [api_client.ask("POST", VERIFY, json=guess).status for _ in range(21)][-2:] == [410, 429]
