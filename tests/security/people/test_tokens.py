"""Mailed links name one row, under one purpose, and go on working while keys change."""

import pytest
from flask import Flask
from flask.ctx import AppContext
from sqlalchemy import delete, update

from portal.errors import BadLink
from portal.extensions import begin_write, db
from portal.models.people import TokenPurpose, User, UserToken
from portal.security.people import tokens
from tests.cast import Cast
from tests.conftest import MakeApp

pytestmark = pytest.mark.threat("mailed links")


@pytest.fixture
def ann(context: AppContext, cast: Cast) -> User:
    begin_write()
    return db.session.get_one(User, cast.ann.id)


def test_a_link_does_not_open_what_got_its_number_later(ann: User, cast: Cast) -> None:
    """V9: numbers come again after rows have gone, or a backup was restored."""
    token = tokens.issue(ann, TokenPurpose.RESET)
    text, number = tokens.sign(TokenPurpose.RESET, token), token.id
    db.session.execute(delete(UserToken))
    tokens.issue(db.session.get_one(User, cast.ada.id), TokenPurpose.RESET)
    db.session.execute(update(UserToken).values(id=number))
    db.session.expunge_all()
    other = db.session.get_one(UserToken, number)
    with pytest.raises(BadLink):
        tokens.find(TokenPurpose.RESET, text)
    assert tokens.find(TokenPurpose.RESET, tokens.sign(TokenPurpose.RESET, other)) == other


def test_a_signature_says_nothing_for_another_purpose(ann: User) -> None:
    token = tokens.issue(ann, TokenPurpose.RESET)
    text = tokens.sign(TokenPurpose.RESET, token)
    assert tokens.find_row(TokenPurpose.RESET, text, UserToken) == token
    for other in set(TokenPurpose) - {TokenPurpose.RESET}:
        with pytest.raises(BadLink):
            tokens.find_row(other, text, UserToken)


@pytest.mark.parametrize("text", ["", ".", "1", "MQ.x", "W10.x", "null"])
def test_what_we_have_not_signed_names_nothing(ann: User, text: str) -> None:
    with pytest.raises(BadLink):
        tokens.find_row(TokenPurpose.RESET, text, UserToken)


def test_a_link_works_while_the_key_that_signed_it_is_believed(
    app: Flask, another_app: MakeApp, cast: Cast
) -> None:
    with app.app_context():
        begin_write()
        token = tokens.issue(db.session.get_one(User, cast.ann.id), TokenPurpose.RESET)
        text = tokens.sign(TokenPurpose.RESET, token)
        db.session.commit()
    with another_app(SECRET_KEY="new", SECRET_KEY_FALLBACKS="only-for-tests").app_context():
        assert tokens.find(TokenPurpose.RESET, text).user_id == cast.ann.id
    with another_app(SECRET_KEY="new").app_context(), pytest.raises(BadLink):
        tokens.find(TokenPurpose.RESET, text)
