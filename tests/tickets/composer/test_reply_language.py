"""Who answers is told what the customer reads, and when the answer seems not to be in that."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import update

from portal.extensions import db
from portal.models.people import User
from tests import factories
from tests.cast import Cast
from tests.page import Visitor

ENGLISH = "We have sent the money back to you this morning."
RUSSIAN = "Мы вернули вам деньги сегодня утром."
REMARK = "This seems to be in English; the customer reads Russian."
HTMX = {"HX-Request": "true"}


@pytest.fixture
def ticket(app: Flask, cast: Cast) -> str:
    """The address of a ticket of Ann's, who reads Russian."""
    with factories.writing(app):
        db.session.execute(update(User).where(User.id == cast.ann.id).values(locale="ru"))
    return f"/tickets/{factories.file_ticket(app, cast.ann).number}"


def test_the_composer_says_what_the_customer_reads(
    visit: Callable[[], Visitor], cast: Cast, ticket: str
):
    assert "Customer reads: Russian" in visit().sign_in(cast.sam).get(ticket).words
    assert "Язык клиента" not in visit().sign_in(cast.ann).get(ticket).words


@pytest.mark.parametrize(
    ("message", "internal", "said"),
    [
        (ENGLISH, "", True),
        (RUSSIAN, "", False),
        (ENGLISH, "1", False),
        ("OK", "", False),
        (f"> {ENGLISH}\n\n{RUSSIAN}", "", False),
        (f"> {RUSSIAN}\n\n{ENGLISH}", "", True),
    ],
    ids=["another", "theirs", "note", "short", "quoting", "quoted"],
)
def test_an_answer_in_another_language_is_remarked_while_it_is_written(
    client: Visitor, cast: Cast, ticket: str, message: str, internal: str, said: bool
):
    sam = client.sign_in(cast.sam)
    fields = {"message": message, "internal": internal}
    saved = sam.post(f"{ticket}/draft", fields, headers=HTMX, status=200)
    assert (REMARK in saved.words) == said
    assert (REMARK in sam.get(ticket).words) == said


def test_of_a_text_that_may_be_in_several_languages_only_theirs_is_named(
    client: Visitor, cast: Cast, ticket: str
):
    fields = {"message": "Refund order basket confirmed"}
    saved = client.sign_in(cast.sam).post(f"{ticket}/draft", fields, headers=HTMX, status=200)
    assert "The customer reads Russian." in saved.words
    assert "seems to be" not in saved.words


def test_customers_are_told_nothing_of_it(client: Visitor, cast: Cast, ticket: str):
    ann = client.sign_in(cast.ann)
    saved = ann.post(f"{ticket}/draft", {"message": ENGLISH}, headers=HTMX, status=200)
    assert "seems" not in saved.words
    assert "английский" not in saved.words
