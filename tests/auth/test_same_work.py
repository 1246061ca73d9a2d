"""What is done for an address is the same whether anybody has it: writes and commits count."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from flask import Flask
from sqlalchemy import delete, event, select

from jobs.parts.logs import seal_actions
from portal.extensions import db
from portal.models.organizations import Invitation
from portal.models.people import AccountEvent, User, UserToken
from tests import factories
from tests.api.api_client import ApiClient, token_of
from tests.cast import PASSWORD, Cast
from tests.page import Visitor
from tests.statements import statements

pytestmark = pytest.mark.threat("telling who exists")

ADDRESSES = ["ann@example.com", "nobody@example.com", "bob@example.com", "carl@example.com"]


@contextmanager
def work(app: Flask) -> Iterator[list[str]]:
    """All statements, and where transactions end."""
    with statements(app) as seen:
        with app.app_context():
            engine = db.engine

        def committed(_connection: object) -> None:
            seen.append("COMMIT")

        event.listen(engine, "commit", committed)
        try:
            yield seen
        finally:
            event.remove(engine, "commit", committed)


@pytest.fixture
def people(app: Flask, cast: Cast) -> Cast:
    """Ann is known, Bob disabled, Carl not confirmed."""
    with factories.writing(app):
        db.session.get_one(User, cast.bob.id).is_active = False
        db.session.get_one(User, cast.carl.id).is_verified = False
    return cast


def by_page(app: Flask, email: str, password: str) -> tuple[object, list[str]]:
    visitor = Visitor(app)
    fields = {"email": email, "password": password, "csrf_token": visitor.csrf_token()}
    with work(app) as seen:
        page = visitor.post("/auth/login", fields, 422)
    return (page.status, page.words), seen


def by_program(app: Flask, email: str, password: str) -> tuple[object, list[str]]:
    with work(app) as seen:
        reply = ApiClient(app).post("/auth/login", {"email": email, "password": password}, 401)
    return (reply.status, reply.code), seen


@pytest.mark.parametrize("way", [by_page, by_program])
def test_a_wrong_password_costs_what_an_unknown_address_costs(
    app: Flask, people: Cast, way: object
) -> None:
    done = [way(app, email, "wrong") for email in ADDRESSES]  # type: ignore[operator]
    assert [one for one in done if one != done[0]] == []
    assert done[0][1][-1] == "COMMIT"
    assert any(statement.startswith("INSERT INTO account_events") for statement in done[0][1])
    with app.app_context():
        noted = list(db.session.scalars(select(AccountEvent.user_id).order_by(AccountEvent.id)))
    assert noted == [people.ann.id, None, people.bob.id, people.carl.id]


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("path", ["/auth/forgot", "/api/v1/auth/password-reset-request"])
def test_asking_for_a_new_password_costs_the_same(
    app: Flask, people: Cast, path: str, times: int
) -> None:
    """The second time no mail is owed."""
    done = []
    for email in ADDRESSES:
        visitor, is_page = Visitor(app), path == "/auth/forgot"
        token = visitor.csrf_token()
        fields = {"email": email, **({"csrf_token": token} if is_page else {})}
        for _time in range(times):
            with work(app) as seen:
                answer = visitor.http.post(path, **{"data" if is_page else "json": fields})
        done.append((answer.status_code, answer.location, answer.data[:50], seen))
    assert [one for one in done if one != done[0]] == []
    assert "COMMIT" in done[0][3]
    assert any("INTO outbox" in statement for statement in done[0][3]) is (times == 1)


def test_a_line_about_nobody_is_in_the_log_and_breaks_no_page(app: Flask, cast: Cast) -> None:
    by_page(app, "nobody@example.com", "wrong")
    with app.app_context():
        seal_actions()
    ada = Visitor(app).sign_in(cast.ada)
    for path in ("/admin/logs/actions", "/admin/logs/actions?kind=sign_in_failed"):
        ada.get(path)
    logged = ApiClient(app, token_of(app, cast.ada)).get("/admin/logs/request-actions").json
    assert [line["kind"] for line in logged["items"]] == ["sign_in_failed"]


@pytest.mark.parametrize("times", [1, 6])
@pytest.mark.parametrize("path", ["/auth/register", "/api/v1/auth/register"])
def test_asking_for_an_account_costs_the_same(
    app: Flask, people: Cast, path: str, times: int
) -> None:
    """The sixth time no mail is owed."""
    done = []
    for email in ADDRESSES:
        visitor, is_page = Visitor(app), path == "/auth/register"
        token = visitor.csrf_token()
        names = {"first_name": "N", "last_name": "N"} if is_page else {}
        fields = {"email": email, **names, **({"csrf_token": token} if is_page else {})}
        for number in range(times):
            with work(app) as seen:
                answer = visitor.http.post(
                    path,
                    environ_base={"REMOTE_ADDR": f"192.0.2.{number}"},
                    **{"data" if is_page else "json": fields},
                )
        done.append((answer.status_code, answer.location, seen))
    assert done[0][0] < 400
    assert [one for one in done if one != done[0]] == []
    assert "COMMIT" in done[0][2]
    assert any("INTO outbox" in statement for statement in done[0][2]) is (times == 1)


TAKEN = ["bob@example.com", "free@example.com", "carl@example.com", "sam@example.com"]


def to_move_by_page(visitor: Visitor, _program: ApiClient, email: str) -> object:
    visitor.get("/account/email")
    fields = {"email": email, "password": PASSWORD}
    page = visitor.post("/account/email", fields)
    return page.status, page.location


def to_invite_by_page(visitor: Visitor, _program: ApiClient, email: str) -> object:
    page = visitor.post("/account/organization/invitations", {"email": email, "role": "user"})
    return page.status, page.location


def to_invite_by_program(_visitor: Visitor, api_client: ApiClient, email: str) -> object:
    reply = api_client.post("/organizations/me/members", {"email": email}, 201)
    return reply.status, sorted(reply.json)


@pytest.mark.parametrize("ask", [to_move_by_page, to_invite_by_page, to_invite_by_program])
def test_naming_an_address_costs_the_same_whoever_has_it(
    app: Flask, people: Cast, ask: Callable[[Visitor, ApiClient, str], object]
) -> None:
    with factories.writing(app):
        # Those who are elsewhere: who is in Ann's organization is known to her.
        db.session.get_one(User, people.bob.id).organization_id = people.carl.organization_id
    done = []
    for email in TAKEN:
        with factories.writing(app):
            db.session.execute(delete(Invitation))
            db.session.execute(delete(UserToken))
        visitor, api_client = (
            Visitor(app).enter(people.ann),
            ApiClient(app, token_of(app, people.ann)),
        )
        visitor.csrf_token()
        api_client.get("/users/me")  # the limit of Ann's plan is known for a while
        with work(app) as seen:
            answer = ask(visitor, api_client, email)
        done.append((answer, seen))
    assert "COMMIT" in done[0][1]
    assert [one for one in done if one != done[0]] == []
