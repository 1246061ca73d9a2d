"""What waits for the proof of a mailbox, what it becomes, and when it goes."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.ctx import AppContext
from sqlalchemy import select

from portal import clock, config
from portal.errors import BadLink, EmailTaken, Invalid, RegistrationClosed
from portal.extensions import begin_write, db
from portal.mail import outgoing
from portal.models.delivery import Outbox
from portal.models.people import PendingRegistration, TokenPurpose, User
from portal.security.people import passwords, tokens
from portal.services.organizations import new_members
from portal.services.people import registration
from portal.services.people.registration import Mode
from tests.cast import Cast

DORA: Any = {"email": "dora@example.com", "locale": "en"}
HASH = passwords.hash_password("a new password", rounds=4)


@pytest.fixture(autouse=True)
def unit(context: AppContext, cast: Cast) -> None:
    begin_write()


def set_mode(app: Flask, monkeypatch: pytest.MonkeyPatch, mode: Mode) -> None:
    monkeypatch.setitem(app.config, "REGISTRATION", mode.value)


def ask(**typed: str) -> str:
    """Answers the text of the link."""
    registration.ask(**{**DORA, **typed})
    query = select(PendingRegistration).execution_options(populate_existing=True)
    row = db.session.scalars(query.where(PendingRegistration.email == DORA["email"])).one()
    return tokens.sign(TokenPurpose.REGISTRATION, row)


def finish(text: str) -> User:
    return new_members.finish_registration(text=text, password_hash=HASH)


def mail() -> Outbox:
    """The newest that is owed, as the worker leaves it that looks up whom it is for."""
    row = db.session.scalars(select(Outbox).order_by(Outbox.id.desc())).first()
    assert row is not None
    registration.prepare_mail(row.id)
    db.session.flush()
    return row


def test_every_way_can_be_set() -> None:
    base = {"SECRET_KEY": "x", "BASE_URL": "http://localhost"}
    assert config.load(base)["REGISTRATION"] == Mode.CONFIRMED
    assert {config.load({**base, "REGISTRATION": m})["REGISTRATION"] for m in Mode} == set(Mode)


@pytest.mark.threat("secrets that can be guessed")
def test_no_row_holds_the_link(app: Flask) -> None:
    text = ask(first_name="Dora")
    owed = mail()
    row = db.session.scalars(select(PendingRegistration)).one()
    assert (owed.template, owed.recipient, owed.user_id) == (
        "finish_registration", DORA["email"], None,
    )  # fmt: skip
    assert owed.data == {"registration": row.id}
    stored = [getattr(row, column.key) for column in PendingRegistration.__table__.columns]
    assert text not in map(str, stored)


def test_asking_again_keeps_what_was_typed_last_and_one_row() -> None:
    older = ask(first_name="Dora", company_name="Acme")
    newer = ask(last_name="Dean")
    with pytest.raises(BadLink):
        registration.find(older)
    row = registration.find(newer)
    assert (row.first_name, row.last_name, row.company_name) == ("", "Dean", "")
    assert len(list(db.session.scalars(select(PendingRegistration)))) == 1


@pytest.mark.threat("mailed links")
def test_a_link_does_not_open_what_got_its_number_later() -> None:
    text = ask()
    db.session.execute(db.delete(PendingRegistration))
    registration.ask(email="mallory@example.com", locale="en")
    db.session.execute(
        db.update(PendingRegistration).values(
            id=1, created_at=clock.now() + timedelta(microseconds=1)
        )
    )
    db.session.expunge_all()
    with pytest.raises(BadLink):
        registration.find(text)


def test_who_has_the_address_is_told_and_what_was_typed_goes(cast: Cast) -> None:
    registration.ask(email=cast.carl.email, locale="en", first_name="Mallory")
    owed = mail()
    assert (owed.template, owed.user_id, owed.data) == ("already_registered", cast.carl.id, {})
    assert outgoing.reason_not_to_send(outgoing.read(owed.id)) is None
    assert list(db.session.scalars(select(PendingRegistration))) == []


def test_who_has_been_told_hears_of_it_again_after_an_hour(cast: Cast) -> None:
    def told() -> bool:
        registration.ask(email=cast.carl.email, locale="en")
        owed = mail()
        return outgoing.reason_not_to_send(outgoing.read(owed.id)) is None

    assert [told(), told()] == [True, False]
    with time_machine.travel(clock.now() + timedelta(hours=1, seconds=1)):
        assert told()


def test_who_is_disabled_hears_nothing(cast: Cast) -> None:
    db.session.get_one(User, cast.carl.id).is_active = False
    registration.ask(email=cast.carl.email, locale="en")
    owed = mail()
    assert outgoing.reason_not_to_send(outgoing.read(owed.id)) is not None


def test_a_mail_that_is_tried_again_says_the_same() -> None:
    ask()
    assert mail().data == mail().data


def test_a_mail_about_what_was_finished_does_not_leave() -> None:
    text = ask()
    owed = mail()
    finish(text)
    assert "finished" in (outgoing.reason_not_to_send(outgoing.read(owed.id)) or "")


def test_an_account_of_that_address_ends_the_link(cast: Cast) -> None:
    text = ask()
    db.session.get_one(User, cast.carl.id).email = DORA["email"]
    db.session.flush()
    with pytest.raises(BadLink):
        finish(text)


def test_what_is_wrong_is_named_all_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        ask(username="x", phone="1", inn="2")
    assert refused.value.details == {"username": "username", "phone": "phone", "inn": "inn"}


def test_a_telephone_number_is_read_as_one_of_the_readers_country() -> None:
    text = ask(phone="8 (912) 345-67-89", locale="ru")
    assert registration.find(text).phone == "+79123456789"


@pytest.mark.parametrize("mode", Mode)
def test_each_way_closes_the_others(
    app: Flask, monkeypatch: pytest.MonkeyPatch, mode: Mode
) -> None:
    text = ask()
    set_mode(app, monkeypatch, mode)
    ways = {
        "ask": (ask, Mode.CONFIRMED),
        "open": (lambda: registration.open_at_once(password_hash=HASH, **DORA), Mode.OPEN),
    }
    for way, only in ways.values():
        if mode is not only:
            with pytest.raises(RegistrationClosed):
                way()
    if mode is Mode.INVITED:
        with pytest.raises(RegistrationClosed):
            finish(text)
    else:
        assert finish(text).is_verified, "what was asked for under another setting may be finished"


def test_opening_at_once_says_what_is_taken(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_mode(app, monkeypatch, Mode.OPEN)
    db.session.get_one(User, cast.carl.id).username = "carl.c"
    with pytest.raises(EmailTaken):
        registration.open_at_once(password_hash=HASH, email=cast.carl.email, locale="en")
    with pytest.raises(Invalid) as refused:
        registration.open_at_once(password_hash=HASH, **DORA, username="Carl.C")
    assert refused.value.details == {"username": "taken"}


def test_what_has_run_out_is_removed_some_at_a_time() -> None:
    for number in range(3):
        registration.ask(email=f"dora{number}@example.com", locale="en")
    registration.delete_expired(500)
    assert len(list(db.session.scalars(select(PendingRegistration.id)))) == 3
    with time_machine.travel(clock.now() + tokens.LIFETIME + timedelta(seconds=1)):
        registration.delete_expired(2)
    assert len(list(db.session.scalars(select(PendingRegistration.id)))) == 1
