"""Nobody is made to do something: by a page elsewhere, or by looking."""

from typing import Any

import pytest

from tests.architecture.matrix import forms
from tests.architecture.matrix.ask import Question
from tests.architecture.matrix.walk import LOGGED, Walk, sender, where

pytestmark = pytest.mark.databases("postgresql")

# What a browser says of a request that a page elsewhere made it send. Ours is http://localhost.
FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "https://localhost"},
    {"Origin": "http://localhost:8080"},
    {"Origin": "http://localhost.evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
]
OUR_OWN = [
    {"Origin": "http://localhost"},
    {"Origin": "http://LOCALHOST", "Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
]
# Sent by mail programs, which have neither cookies nor a form: the signed link alone says what is
# done, and whose it is (RFC 8058).
ONE_CLICK = frozenset({"auth.decline_mails", "auth.end_report"})


@pytest.mark.threat("forged requests")
@pytest.mark.parametrize(
    ("role", "headers"),
    [
        ("owner", {}),
        ("admin", {}),
        ("signed-out", {}),
        ("admin", {"HX-Request": "true"}),
        ("admin", {"Sec-Fetch-Site": "same-origin"}),
    ],
    ids=str,
)
def test_nothing_is_done_without_the_token_of_a_form(
    walk: Walk, role: str, headers: dict[str, str]
):
    done = []
    for question in walk.unsafe():
        if question[0].endpoint in ONE_CLICK:
            continue
        fields = forms.fields(walk.world, role, question[0].endpoint)
        answer = walk.send(role, question, data=fields, headers=headers)
        if answer.status_code != 400 or walk.rows.changed:
            done.append((where(question), answer.status_code))
    assert not done


@pytest.mark.threat("forged requests")
@pytest.mark.parametrize(
    "headers", [FOREIGN[0], {"HX-Request": "true", "Sec-Fetch-Site": "cross-site"}], ids=str
)
def test_another_site_does_nothing_even_with_the_right_token(walk: Walk, headers: dict[str, str]):
    assert not done_for_others(walk, walk.unsafe(), headers)


@pytest.mark.threat("forged requests")
@pytest.mark.parametrize("scripts", [{}, {"HX-Request": "true"}], ids=["form", "htmx"])
def test_whatever_another_site_says_of_itself_it_is_another(walk: Walk, scripts: dict[str, str]):
    """Who sent it is asked before the address: a few stand for all."""
    some = walk.unsafe()[::25]
    assert not [done for told in FOREIGN for done in done_for_others(walk, some, scripts | told)]


def done_for_others(walk: Walk, questions: list[Question], headers: dict[str, str]) -> list[Any]:
    done = []
    for question in questions:
        role = sender(question)
        answer = walk.send(role, question, data=walk.form(role, question), headers=headers)
        if answer.status_code != 403 or walk.rows.changed or "another site" not in answer.text:
            done.append((headers, where(question), answer.status_code))
    return done


def test_our_own_pages_do_all_that_they_did_without_saying_where_they_are(walk: Walk):
    other = []
    for number, question in enumerate(walk.unsafe()):
        role = sender(question)
        expected, told = (
            walk.send(role, question, data=walk.form(role, question), headers=more)
            for more in ({}, OUR_OWN[number % len(OUR_OWN)])
        )
        if (told.status_code, told.location) != (expected.status_code, expected.location):
            other.append((where(question), expected.status_code, told.status_code))
    assert not other


@pytest.mark.threat("forged requests")
@pytest.mark.parametrize("role", ["signed-out", "owner", "staff", "admin"])
def test_looking_changes_nothing(walk: Walk, role: str):
    changed = []
    for question in walk.safe():
        if question[0].endpoint in LOGGED:
            continue
        for method in ("GET", "HEAD") if role == "admin" else ("GET",):
            walk.send(role, (question[0], method))
            if walk.rows.changed:
                changed.append((method, where(question)))
    assert not changed
