"""Rights are those of the moment at which something is done, not of that at which it was asked for.

A body may take minutes to arrive. What happens meanwhile is played when the transaction begins.
"""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import update

from portal.api import authorization
from portal.extensions import begin_write, db
from portal.models.people import Actor, ApiKey, Role, User
from portal.models.people.user import format_id
from portal.models.tickets import Comment
from portal.security.people import sessions as session_rows
from portal.web.people import sessions
from tests import factories
from tests.api.api_client import ApiClient, key_of
from tests.cast import Cast
from tests.page import HTMX, Visitor

pytestmark = pytest.mark.threat("rights kept or taken")

Meanwhile = Callable[[Callable[[User], None], Actor], None]


@pytest.fixture
def meanwhile(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """`meanwhile(disable, person)`: done by somebody else just before the next change begins."""

    def plan(action: Callable[[User], None], person: Actor) -> None:
        def begin() -> None:
            for module in (sessions, authorization):
                monkeypatch.setattr(module, "begin_write", begin_write)
            with app.app_context():
                begin_write()
                action(db.session.get_one(User, person.id))
                db.session.commit()
            begin_write()

        for module in (sessions, authorization):
            monkeypatch.setattr(module, "begin_write", begin)

    return plan


def disable(user: User) -> None:
    user.is_active = False


def sign_out(user: User) -> None:
    session_rows.end_all(user)


def demote(user: User) -> None:
    user.role = Role.CUSTOMER


def said(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(db.select(Comment.message)))


@pytest.mark.parametrize("end", [disable, sign_out])
def test_who_is_gone_by_then_says_nothing_any_more(
    app: Flask, cast: Cast, client: Visitor, meanwhile: Meanwhile, end: Callable[[User], None]
) -> None:
    factories.file_ticket(app, cast.ann, "Lamp", "It is dark.")
    client.sign_in(cast.ann)
    meanwhile(end, cast.ann)
    page = client.post("/tickets/REQ000001/comments", {"message": "Still here."}, 401)
    assert "Still here." in page.text
    assert said(app) == ["It is dark."]


def test_a_fragment_is_sent_to_sign_in(
    app: Flask, cast: Cast, client: Visitor, meanwhile: Meanwhile
) -> None:
    factories.file_ticket(app, cast.ann)
    client.sign_in(cast.sam)
    meanwhile(disable, cast.sam)
    page = client.post("/tickets/REQ000001/priority", {"priority": "high"}, 401, headers=HTMX)
    assert page.headers["HX-Redirect"].startswith("/auth/login")


def test_an_admin_who_is_none_by_then_makes_no_admins(
    app: Flask, cast: Cast, client: Visitor, meanwhile: Meanwhile
) -> None:
    client.sign_in(cast.ada)
    meanwhile(demote, cast.ada)
    client.post(f"/admin/users/{format_id(cast.carl.id)}/role", {"role": "admin"}, 403)
    with app.app_context():
        assert db.session.get_one(User, cast.carl.id).role == Role.CUSTOMER


@pytest.mark.parametrize(("end", "status"), [(disable, 401), (demote, 403)])
def test_a_key_opens_what_it_opens_at_that_moment(
    app: Flask, cast: Cast, meanwhile: Meanwhile, end: Callable[[User], None], status: int
) -> None:
    api_client = ApiClient(app, key_of(app, cast.ada))
    meanwhile(end, cast.ada)
    api_client.patch(f"/users/USR{cast.carl.id:06d}", {"first_name": "Charles"}, status)
    with app.app_context():
        assert db.session.get_one(User, cast.carl.id).first_name == "Carl"


def test_a_key_that_is_revoked_by_then_files_nothing(
    app: Flask, cast: Cast, meanwhile: Meanwhile
) -> None:
    def revoke(_user: User) -> None:
        db.session.execute(update(ApiKey).values(revoked_at=db.func.now()))

    api_client = ApiClient(app, key_of(app, cast.ann))
    meanwhile(revoke, cast.ann)
    api_client.post("/tickets", {"subject": "Late", "message": "Too late."}, 401)
    assert said(app) == []
