"""Another password, another address: what has to be proven, what ends, who is told."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update

from portal import clock
from portal.extensions import begin_write, db
from portal.models.delivery import Outbox
from portal.models.people import AccountEvent, User, UserSession
from tests.cast import PASSWORD, Cast
from tests.mailbox import Mailbox
from tests.page import Visitor

NEW = "an unlikely sentence of mine"
FIELDS = {"old_password": PASSWORD, "password": NEW}
MOVE = {"email": "ann@new.example.com", "password": PASSWORD}


@pytest.fixture
def ann(client: Visitor, cast: Cast) -> Visitor:
    """Ann's browser."""
    return client.enter(cast.ann)


def kinds(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(AccountEvent.kind).order_by(AccountEvent.id)))


def test_the_page_is_for_who_is_signed_in(client: Visitor):
    assert "/auth/login" in client.get("/account/security", status=303).location


def test_a_new_password_is_told_by_mail(app: Flask, ann: Visitor, cast: Cast, mailbox: Mailbox):
    ann.get("/account/security")
    assert ann.post("/account/password", FIELDS).location == "/account/security"
    assert "Your password is changed." in ann.get("/account/security").words
    assert mailbox.subjects(cast.ann.email) == ["Your password was changed"]
    assert kinds(app) == ["signed_in", "password_changed"]
    ann.post("/auth/logout")
    ann.enter(cast.ann, NEW)


@pytest.mark.threat("sessions that outlive their end")
def test_other_devices_are_signed_out_and_this_one_has_a_new_id(
    ann: Visitor, cast: Cast, visit: Callable[[], Visitor]
):
    """V10 and V11."""
    other, thief = visit().enter(cast.ann), visit()
    before, token = ann.cookie(), ann.csrf_token()
    ann.post("/account/password", FIELDS)
    assert ann.cookie() != before
    assert ann.http.post("/auth/logout", data={"csrf_token": token}).status_code == 400
    ann.get("/tickets/")
    other.get("/tickets/", status=303)
    thief.set_cookie(before)
    thief.get("/tickets/", status=303)


def test_a_remembered_device_stays_remembered(client: Visitor, cast: Cast, app: Flask):
    login = {"email": cast.ann.email, "password": PASSWORD, "remember": "1"}
    client.post("/auth/login", login)
    client.post("/account/password", FIELDS)
    with app.app_context():
        assert db.session.scalars(select(UserSession)).one().remembered


def test_without_the_old_password_nothing_changes(app: Flask, ann: Visitor, cast: Cast):
    for old, sentence in (("wrong", "This is not your password."), ("", "Please fill this in.")):
        page = ann.post("/account/password", {**FIELDS, "old_password": old}, status=422)
        assert sentence in page.words
        assert NEW not in page.text
    ann.post("/auth/logout")
    ann.enter(cast.ann)
    assert kinds(app)[:2] == ["signed_in", "sign_in_failed"]


def test_guessing_the_old_password_is_limited(ann: Visitor):
    for _ in range(10):
        ann.post("/account/password", {**FIELDS, "old_password": "wrong"}, status=422)
    ann.post("/account/password", FIELDS, status=429)


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("1234567", "Use at least 8 characters."),
        ("🐴" * 201, "Use at most 200 characters."),
        ("Archer2026", "This is easy to guess."),
        ("ann@example.com", "This is easy to guess."),
        ("gfhjkm123", "This is easy to guess."),
    ],
)
def test_a_poor_password_is_refused(ann: Visitor, password: str, sentence: str):
    page = ann.post("/account/password", {**FIELDS, "password": password}, status=422)
    assert sentence in page.words


@pytest.mark.parametrize(
    "password", ["K8#qz!pL", "жук гладит облако", "🐴🎈🧦🎺🍋🦉🧭🪁", "unlikely words, " * 12]
)
def test_any_alphabet_makes_a_password(ann: Visitor, cast: Cast, password: str):
    ann.post("/account/password", {**FIELDS, "password": password})
    ann.post("/auth/logout")
    ann.enter(cast.ann, password)


def test_a_password_that_changed_meanwhile_is_not_overwritten(
    app: Flask, ann: Visitor, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    """Two requests prove the same old password; while the slower one hashes, the other is done."""
    from portal.account import security

    def slowly(password: str, *, rounds: int) -> str:
        begin_write()
        db.session.execute(update(User).where(User.id == cast.ann.id).values(password_hash="other"))
        db.session.commit()
        return "mine"

    monkeypatch.setattr(security, "hash_password", slowly)
    ann.post("/account/password", FIELDS, status=409)
    with app.app_context():
        assert db.session.get_one(User, cast.ann.id).password_hash == "other"


def test_another_address_waits_for_its_own_link(
    app: Flask, ann: Visitor, cast: Cast, mailbox: Mailbox
):
    ann.get("/account/email")
    assert ann.post("/account/email", MOVE).location == "/account/"
    assert cast.ann.email in ann.get("/account/").words
    assert mailbox.subjects(cast.ann.email) == ["Your address is about to change"]
    ann.post(mailbox.link(MOVE["email"], "new-email"))
    page = ann.get("/account/")
    assert MOVE["email"] in page.words
    assert kinds(app) == ["signed_in", "email_change_asked", "email_changed"]


@pytest.mark.threat("telling who exists")
def test_a_taken_address_looks_the_same_to_who_asks(
    app: Flask, cast: Cast, visit: Callable[[], Visitor], mailbox: Mailbox
):
    """V14."""
    said = []
    for person, email in ((cast.ann, "free@example.com"), (cast.bob, cast.carl.email)):
        visitor = visit().enter(person)
        page = visitor.post("/account/email", {"email": email, "password": PASSWORD})
        words = visitor.get("/account/security").words
        said.append((page.location, words.replace(email, "…").replace(person.name, "")))
    assert said[0][0] == said[1][0]
    assert "A link is on its way to …." in said[0][1] and "A link is on its way to …." in said[1][1]
    assert mailbox.subjects(cast.carl.email) == ["You already have an account"]
    assert mailbox.links(cast.carl.email, "new-email") == []


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"password": "wrong"}, "This is not your password."),
        ({"email": "nobody"}, "This is not an e-mail address."),
        ({"email": "ANN@example.com"}, "This is the address that you have."),
    ],
)
def test_a_move_that_is_refused_says_why(
    app: Flask, ann: Visitor, fields: dict[str, str], sentence: str
):
    page = ann.post("/account/email", {**MOVE, **fields}, status=422)
    assert sentence in page.words
    with app.app_context():
        assert not list(db.session.scalars(select(Outbox)))


def test_asking_to_move_is_limited(ann: Visitor):
    for number in range(5):
        ann.post("/account/email", {**MOVE, "email": f"n{number}@example.com"})
    ann.post("/account/email", MOVE, status=429)


def test_a_new_password_ends_a_move_that_somebody_else_began(
    ann: Visitor, cast: Cast, mailbox: Mailbox
):
    ann.post("/account/email", MOVE)
    link = mailbox.link(MOVE["email"], "new-email")
    ann.post("/account/password", FIELDS)
    ann.post(link, status=410)


def test_a_move_that_waits_is_shown_and_can_be_called_off(
    app: Flask, ann: Visitor, cast: Cast, mailbox: Mailbox
):
    cancel = "/account/email/cancel"
    assert not ann.get("/account/").all("form", action=cancel)
    ann.post("/account/email", {"email": "new@example.com", "password": PASSWORD})
    for path in ("/account/", "/account/email"):
        assert "new@example.com" in ann.get(path).one("form", action=cancel).text
    link = mailbox.link("new@example.com", "new-email")
    page = ann.follow(ann.post(cancel))
    assert f"Your account stays at {cast.ann.email}" in page.words
    assert not page.all("form", action=cancel)
    ann.get(link, status=410)
    assert "Change of e-mail address called off" in ann.get("/account/log").words
    ann.post(cancel)
    assert ann.get("/account/log").words.count("called off") == 1


def test_a_move_is_shown_no_longer_than_its_link_works(ann: Visitor):
    ann.post("/account/email", {"email": "new@example.com", "password": PASSWORD})
    with time_machine.travel(clock.now() + timedelta(hours=1, seconds=1)):
        assert not ann.get("/account/").all("form", action="/account/email/cancel")
