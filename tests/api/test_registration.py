"""Opening an account by a program."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.extensions import db
from portal.models import User
from tests.api.program import Program
from tests.cast import PASSWORD, Cast
from tests.post import Post

REGISTER = "/auth/register"
ZOE: dict[str, Any] = {"email": "Zoe@Example.com", "password": PASSWORD}


def test_an_address_and_a_password_are_enough(app: Flask, program: Program, post: Post) -> None:
    made = program.post(REGISTER, ZOE, 201).json
    user = made["user"]
    assert (user["id"], user["email"], user["role"]) == ("USR000001", "zoe@example.com", "customer")
    assert (user["is_verified"], user["organization_role"]) == (False, "owner")
    assert Program(app, made["access_token"]).get("/users/me").json == user
    program.post("/auth/refresh", {"refresh_token": made["refresh_token"]})
    assert post.link("zoe@example.com", "verify")


def test_everything_that_may_be_said_is_kept(program: Program) -> None:
    facts = {
        "first_name": "Zoë",
        "last_name": "Zimmer",
        "username": "Zoe.Z",
        "phone": "+1 202 555 0143",
        "inn": "7707083893",
        "company_name": "Zimmer & Co",
    }
    user = program.post(REGISTER, {**ZOE, **facts}, 201).json["user"]
    assert user["organization"]["name"] == "Zimmer & Co"
    assert (user["username"], user["phone"]) == ("zoe.z", "+12025550143")
    assert (user["first_name"], user["inn"]) == ("Zoë", "7707083893")


def test_the_language_is_that_of_the_request(program: Program) -> None:
    made = program.post(REGISTER, ZOE, 201, headers={"Accept-Language": "ru"}).json
    assert made["user"]["locale"] == "ru"


def test_an_address_that_is_taken_is_told_by_mail_and_409(
    program: Program, cast: Cast, post: Post
) -> None:
    reply = program.post(REGISTER, {**ZOE, "email": cast.ann.email}, 409)
    assert reply.code == "email_taken"
    assert len(post.sent(cast.ann.email)) == 1


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("email", "no address", "address"),
        ("email", "a@" + "b" * 300 + ".com", "too_long"),
        ("password", "short", "short_password"),
        ("password", "password1", "weak_password"),
        ("password", "x" * 201, "too_long"),
        ("first_name", "x" * 101, "too_long"),
        ("first_name", "a\0b", "nul"),
        ("first_name", None, "null"),
        ("username", "a", "username"),
        ("username", "admin", "reserved"),
        ("phone", "12", "phone"),
        ("inn", "1234567890", "inn"),
        ("company_name", "x" * 201, "too_long"),
        ("role", "admin", "unknown_field"),
        ("is_verified", True, "unknown_field"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_made(
    app: Flask, program: Program, field: str, value: object, code: str
) -> None:
    reply = program.post(REGISTER, {**ZOE, field: value}, 422)
    assert reply.errors == {field: [code]}
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(User)) == 0


def test_a_password_made_of_what_one_says_of_oneself_is_weak(program: Program) -> None:
    body = {**ZOE, "first_name": "Zoeloewe", "password": "Zoeloewe2026"}
    assert program.post(REGISTER, body, 422).errors == {"password": ["weak_password"]}


@pytest.mark.threat("floods")
def test_ten_an_hour_from_one_address(program: Program) -> None:
    replies = [
        program.ask("POST", REGISTER, json={**ZOE, "email": f"zoe{n}@example.com"})
        for n in range(11)
    ]
    assert [reply.status for reply in replies] == [201] * 10 + [429]
