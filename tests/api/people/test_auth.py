"""Signing in and out by programs."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from portal import clock
from portal.extensions import db
from portal.models.people import AccountEvent, ApiKey, KeyScope, User
from portal.queries.tickets import workload
from tests import factories, totp
from tests.api.api_client import ApiClient, Reply, key_of
from tests.api.conftest import Call
from tests.cast import PASSWORD, Cast
from tests.conftest import MakeApp

LOGIN = "/auth/login"


def sign_in(api_client: ApiClient, email: str, status: int = 200, **more: str) -> Reply:
    return api_client.post(LOGIN, {"email": email, "password": PASSWORD, **more}, status)


def events(app: Flask, person_id: int) -> list[str]:
    with app.app_context():
        query = select(AccountEvent.kind).where(AccountEvent.user_id == person_id)
        return list(db.session.scalars(query.order_by(AccountEvent.id)))


def test_address_and_password_give_tokens_that_open_the_account(
    app: Flask, api_client: ApiClient, cast: Cast
) -> None:
    tokens = sign_in(api_client, "ANN@example.com").json
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 900)
    me = ApiClient(app, tokens["access_token"]).get("/auth/me").json
    assert (me["email"], me["organization"]["name"]) == ("ann@example.com", "Acme")
    assert events(app, cast.ann.id) == ["signed_in"]


def test_the_three_ways_to_read_oneself_answer_the_same_object(call: Call, cast: Cast) -> None:
    ann = call(cast.ann)
    bodies = [ann.get(path).body for path in ("/auth/me", "/users/me", "/account/me")]
    assert bodies[0] == bodies[1] == bodies[2]


@pytest.mark.threat("telling who exists")
@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("ann@example.com", "wrong"),
        ("nobody@example.com", PASSWORD),
        ("no address", PASSWORD),
        ("ann@example.com", "пароль" * 30),
        ("ann@example.com", PASSWORD + "\0"),
    ],
)
def test_a_wrong_pair_is_told_one_thing(
    api_client: ApiClient, cast: Cast, email: str, password: str
) -> None:
    reply = api_client.post(LOGIN, {"email": email, "password": password}, 401)
    assert reply.code == "wrong_password"
    assert email not in reply.body.decode()


@pytest.mark.threat("telling who exists")
def test_a_disabled_account_is_told_the_same(app: Flask, api_client: ApiClient, cast: Cast) -> None:
    with factories.writing(app):
        db.session.execute(update(User).where(User.id == cast.ann.id).values(is_active=False))
    assert sign_in(api_client, cast.ann.email, 401).code == "wrong_password"


def test_problems_are_told_in_the_callers_language(api_client: ApiClient, cast: Cast) -> None:
    said = {}
    for language in ("en", "ru-RU,ru;q=0.9", "fr"):
        reply = api_client.post(
            LOGIN, {"email": "a", "password": "b"}, 401, headers={"Accept-Language": language}
        )
        said[language] = reply.headers["Content-Language"]
        assert "Accept-Language" in reply.headers["Vary"]
    assert list(said.values()) == ["en", "ru", "en"]


def test_with_a_second_factor_the_password_alone_is_not_enough(
    app: Flask, api_client: ApiClient, cast: Cast
) -> None:
    secret = totp.set_up(app, cast.ann)
    assert sign_in(api_client, cast.ann.email, 401).code == "code_needed"
    assert sign_in(api_client, cast.ann.email, 401, code="000000").code == "wrong_code"
    code = totp.code_of(secret)
    assert sign_in(api_client, cast.ann.email, code=code).json["access_token"]
    assert sign_in(api_client, cast.ann.email, 401, code=code).code == "wrong_code"
    assert sign_in(api_client, cast.ann.email, code=totp.CODES[0]).json["access_token"]
    assert events(app, cast.ann.id)[-1] == "signed_in"
    assert "sign_in_failed" in events(app, cast.ann.id)


@pytest.mark.threat("telling who exists")
def test_a_wrong_password_with_the_right_code_says_nothing_of_the_code(
    app: Flask, api_client: ApiClient, cast: Cast
) -> None:
    secret = totp.set_up(app, cast.ann)
    body = {
        "email": cast.ann.email,
        "password": "wrong",
        "code": totp.code_of(secret),
    }
    assert api_client.post(LOGIN, body, 401).code == "wrong_password"


@pytest.mark.threat("rights kept or taken")
def test_a_role_that_needs_a_second_factor_sets_one_up_first(
    another_app: MakeApp, app: Flask, cast: Cast
) -> None:
    strict = another_app(REQUIRE_SECOND_FACTOR="admin")
    assert sign_in(ApiClient(strict), cast.ada.email, 403).code == "second_factor_needed"
    with_key = ApiClient(strict, key_of(app, cast.ada))
    assert with_key.get("/users/me", 403).code == "second_factor_needed"
    sign_in(ApiClient(strict), cast.sam.email)
    totp.set_up(app, cast.ada)
    with_key.get("/users/me")


@pytest.mark.threat("guessing without end")
def test_after_ten_failures_the_account_has_to_wait(api_client: ApiClient, cast: Cast) -> None:
    wrong = {"email": cast.ann.email, "password": "wrong"}
    replies = [api_client.ask("POST", LOGIN, json=wrong) for _ in range(11)]
    assert [reply.status for reply in replies] == [401] * 10 + [429]
    last = replies[-1]
    assert last.code == "too_many_requests"
    assert 0 < int(last.headers["Retry-After"]) <= 600
    assert int(last.headers["RateLimit-Remaining"]) == 0
    sign_in(api_client, cast.bob.email)


def test_the_limit_that_is_told_is_the_tightest_of_those_that_apply(api_client: ApiClient) -> None:
    def left(name: str) -> tuple[str, str]:
        body = {"email": f"{name}@example.com", "password": "wrong"}
        headers = api_client.post(LOGIN, body, 401).headers
        return headers["RateLimit-Limit"], headers["RateLimit-Remaining"]

    # Twenty for the address that asks; ten for the account, once the address is not clean.
    told = [left(name) for name in "aaaaabcdefghijk"]
    assert told[:3] == [("20", "19"), ("20", "18"), ("20", "17")]
    assert told[3:7] == [("10", "6"), ("10", "5"), ("10", "9"), ("10", "9")]
    assert told[-1] == ("20", "5")


def test_only_who_may_not_ask_now_is_told_to_wait(call: Call, cast: Cast) -> None:
    ann = call(cast.ann)
    ticket = ann.post("/tickets", {"subject": "One", "message": "Two"}, 201)
    path = f"/tickets/{ticket.json['number']}"
    ann.patch(path, {"status": "closed"}, headers={"If-Match": "*"})
    assert "Retry-After" not in ann.post(f"{path}/comments", {"message": "x"}, 409).headers


def test_a_database_that_is_away_says_when_to_try_again(
    app: Flask, call: Call, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_actor: object) -> None:
        raise OperationalError("", {}, Exception("away"))

    ann = call(cast.ann)
    monkeypatch.setattr(workload, "count_rows", away)
    monkeypatch.setattr(app, "testing", False)
    assert ann.get("/tickets/stats/summary", 503).headers["Retry-After"] == "5"


def test_limits_are_told_in_seconds(call: Call, cast: Cast) -> None:
    headers = call(cast.ann).get("/users/me").headers
    assert (headers["RateLimit-Limit"], headers["RateLimit-Remaining"]) == ("600", "599")
    assert 0 <= int(headers["RateLimit-Reset"]) <= 120
    assert "Retry-After" not in headers
    assert not [name for name in headers.keys() if name.startswith("X-RateLimit")]  # noqa: SIM118


def test_two_people_behind_one_address_have_limits_of_their_own(
    app: Flask, call: Call, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "API_LIMIT", "2 per minute")
    ann, bob = call(cast.ann), call(cast.bob)
    assert [ann.ask("GET", "/users/me").status for _ in range(3)] == [200, 200, 429]
    # A key of Ann's is Ann.
    assert ApiClient(app, key_of(app, cast.ann)).ask("GET", "/users/me").status == 429
    bob.get("/users/me")


@pytest.mark.threat("replayed refresh tokens")
def test_a_refresh_token_gives_a_new_pair_and_dies(
    app: Flask, api_client: ApiClient, cast: Cast
) -> None:
    first = sign_in(api_client, cast.ann.email).json
    second = api_client.post("/auth/refresh", {"refresh_token": first["refresh_token"]}).json
    ApiClient(app, second["access_token"]).get("/users/me")
    reply = api_client.post("/auth/refresh", {"refresh_token": first["refresh_token"]}, 401)
    assert reply.code == "bad_credential"
    # The thief's, or the owner's: the desk cannot know, so both are signed out.
    api_client.post("/auth/refresh", {"refresh_token": second["refresh_token"]}, 401)
    ApiClient(app, second["access_token"]).get("/users/me", 401)
    assert events(app, cast.ann.id)[-1] == "token_reused"


@pytest.mark.threat("sessions that outlive their end")
def test_signing_out_ends_every_token_and_no_key(
    app: Flask, api_client: ApiClient, cast: Cast
) -> None:
    one, other = (sign_in(api_client, cast.ann.email).json for _ in range(2))
    key = key_of(app, cast.ann)
    assert ApiClient(app, one["access_token"]).post("/auth/logout", status=204).body == b""
    for tokens in (one, other):
        ApiClient(app, tokens["access_token"]).get("/users/me", 401)
        api_client.post("/auth/refresh", {"refresh_token": tokens["refresh_token"]}, 401)
    ApiClient(app, key).get("/users/me")
    assert events(app, cast.ann.id)[-1] == "signed_out"


@pytest.mark.threat("sessions that outlive their end")
def test_an_access_token_ends_after_fifteen_minutes_and_the_refresh_token_does_not(
    app: Flask, api_client: ApiClient, cast: Cast
) -> None:
    tokens = sign_in(api_client, cast.ann.email).json
    with time_machine.travel(clock.now() + timedelta(minutes=16)):
        ApiClient(app, tokens["access_token"]).get("/users/me", 401)
        api_client.post("/auth/refresh", {"refresh_token": tokens["refresh_token"]})


@pytest.mark.threat("forged access tokens")
def test_a_refresh_token_is_no_access_token_and_the_other_way_round(
    app: Flask, api_client: ApiClient, cast: Cast
) -> None:
    tokens = sign_in(api_client, cast.ann.email).json
    ApiClient(app, tokens["refresh_token"]).get("/users/me", 401)
    api_client.post("/auth/refresh", {"refresh_token": tokens["access_token"][:200]}, 401)


@pytest.mark.threat("rights kept or taken")
def test_rights_are_those_of_now(app: Flask, call: Call, cast: Cast) -> None:
    ann = call(cast.ann)
    with factories.writing(app):
        db.session.execute(update(User).where(User.id == cast.ann.id).values(is_active=False))
    ann.get("/users/me", 401)


def test_a_token_says_what_it_is_worth(app: Flask, api_client: ApiClient, cast: Cast) -> None:
    tokens = sign_in(api_client, cast.sam.email).json
    state = api_client.post("/auth/verify-token", {"token": tokens["access_token"]}).json
    assert (state["active"], state["sub"], state["role"]) == (True, "USR000004", "staff")
    assert 0 < state["exp"] - clock.now().timestamp() <= 900
    key = api_client.post("/auth/verify-token", {"token": key_of(app, cast.bob)}).json
    assert key == {"active": True, "sub": "USR000002", "role": "customer", "exp": None}


@pytest.mark.parametrize("token", ["x", "lk_nothing", "a.b.c", "ключ", "lr_" + "a" * 65])
def test_what_opens_nothing_is_worth_nothing(api_client: ApiClient, token: str) -> None:
    state = api_client.post("/auth/verify-token", {"token": token}).json
    assert state == {"active": False, "sub": None, "role": None, "exp": None}


def test_a_key_opens_what_its_owner_may_and_its_use_is_written_down(app: Flask, cast: Cast) -> None:
    key = key_of(app, cast.bob, KeyScope.READ)
    assert ApiClient(app, key).get("/users/me").json["email"] == "bob@example.com"
    with app.app_context():
        assert db.session.scalars(select(ApiKey.last_used_at)).one() is not None


@pytest.mark.parametrize("scheme", ["Basic", "Token", "Bearer:", ""])
def test_another_scheme_is_no_credential(
    app: Flask, api_client: ApiClient, cast: Cast, scheme: str
) -> None:
    header = {"Authorization": f"{scheme} {key_of(app, cast.bob)}"}
    assert api_client.get("/users/me", 401, headers=header).code == "sign_in_needed"


def test_the_scheme_is_written_in_any_case(app: Flask, api_client: ApiClient, cast: Cast) -> None:
    api_client.get("/users/me", headers={"Authorization": f"bEARER  {key_of(app, cast.bob)} "})


def test_errors_of_pages_are_still_pages(app: Flask) -> None:
    for path in ("/nothing", "/api", "/api/docs/nothing", "/tickets/%00"):
        assert app.test_client().get(path).mimetype == "text/html"
