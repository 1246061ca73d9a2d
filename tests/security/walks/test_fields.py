"""What no page would send in a field."""

from io import BytesIO

import pytest

from tests.architecture.matrix.ask import Question
from tests.architecture.matrix.walk import Walk, where
from tests.statements import long_texts

pytestmark = pytest.mark.databases("postgresql")

UNREADABLE = {
    "a megabyte": "x" * 1_000_000,
    "deep": "[" * 20_000,
    "a large number": "9" * 5_000,
    "below zero": "-1",
    "a surrogate, escaped": '{"id": "\\ud800"}',
}


@pytest.mark.threat("fields nobody asked for")
def test_no_form_breaks_on_a_file_or_many_values_where_one_text_is_due(
    walk: Walk, able: list[tuple[str, Question]]
):
    broken = []
    for role, question in able:
        fields = walk.form(role, question)
        token = {"csrf_token": fields.pop("csrf_token")}
        for odd in (
            {name: (BytesIO(b"x"), "x.txt") for name in fields},
            {name: [value, "x", ""] for name, value in fields.items()},
            {f"{name}[]": value for name, value in fields.items()},
        ):
            answer = walk.send(role, question, data={**token, **odd})
            if answer.status_code >= 500:
                broken.append((where(question), sorted(odd), answer.status_code))
    assert not broken


@pytest.mark.threat("fields nobody asked for")
def test_no_field_takes_what_cannot_be_stored(walk: Walk, able: list[tuple[str, Question]]):
    """Nobody's either: it is refused before anybody asks who sends it."""
    taken = []
    others = [(role, question) for role in ("owner", "signed-out") for question in walk.unsafe()]
    for role, question in [*able, *others]:
        fields = walk.form(role, question)
        names = fields.keys() - {"csrf_token"} if (role, question) in able else set()
        for name in names | {"next"}:
            answer = walk.send(role, question, data={**fields, name: "a\0b"})
            if answer.status_code != 422 or walk.rows.changed:
                taken.append((where(question), name, answer.status_code))
    assert not taken


@pytest.mark.threat("floods")
@pytest.mark.parametrize("kind", UNREADABLE)
def test_no_form_breaks_on_a_value_that_no_page_would_send(
    walk: Walk, able: list[tuple[str, Question]], kind: str
):
    """Nor does any database get to see a megabyte of it."""
    broken = []
    with long_texts(walk.world.app, longest=500_000) as long:
        for role, question in able:
            fields = walk.form(role, question)
            for name in fields.keys() - {"csrf_token"} | {"credential"}:
                answer = walk.send(role, question, data={**fields, name: UNREADABLE[kind]})
                if answer.status_code >= 500:
                    broken.append((where(question), name, answer.status_code))
    assert not [*broken, *long]
