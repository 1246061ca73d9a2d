"""What is in no answer, and who may keep one."""

import pytest

from tests.answer_text import text_of
from tests.architecture.matrix.walk import LOOKING, Walk, where
from tests.architecture.matrix.world import INVITED

pytestmark = pytest.mark.databases("postgresql")

STRANGER_ELSEWHERE = "outsider"
THEIRS = ["Acme", "No hot water", "note.txt", "Archer", "Baker", "Counter key", "colleague@"]


@pytest.mark.threat("foreign rows")
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"HX-Request": "true"},
        {"HX-Request": "true", "HX-Target": "ol#timeline"},
        {"Range": "bytes=0-3", "If-Modified-Since": "Mon, 01 Jan 2024 00:00:00 GMT"},
    ],
    ids=str,
)
def test_nothing_of_another_organization_is_in_any_answer(walk: Walk, headers: dict[str, str]):
    """Neither in what it says nor in its headers, however it is asked for."""
    found = []
    for rule, method in walk.questions:
        # Whoever holds the link of an invitation is told who invites where.
        if rule.rule.startswith(("/auth/invitations/", "/auth/domains/")):
            continue
        # The headers say how a page is wanted.
        others = [] if headers else [(rule, "HEAD"), (rule, "OPTIONS")]
        for asked in [(rule, method), *others]:
            fields = None if asked[1] in LOOKING else walk.form(STRANGER_ELSEWHERE, asked)
            answer = walk.send(STRANGER_ELSEWHERE, asked, data=fields, headers=headers)
            told = f"{text_of(answer)}{answer.headers}"
            found += [(where(asked), word) for word in THEIRS if word in told]
    assert not found


@pytest.mark.threat("answers kept by others")
@pytest.mark.parametrize("role", ["owner", "staff", "admin"])
def test_no_answer_to_somebody_signed_in_is_kept(walk: Walk, role: str):
    # Small pictures are asked for again each time they are shown.
    free = {"static", "favicon", "tickets.thumbnail"}
    kept = [
        where(question)
        for question in walk.safe()
        if question[0].endpoint not in free
        and "no-store" not in walk.send(role, question).headers["Cache-Control"]
    ]
    assert not kept


def test_the_words_that_are_looked_for_are_there_to_be_found(walk: Walk):
    seen = "".join(text_of(walk.send("owner", question)) for question in walk.safe())
    assert not [word for word in [*THEIRS, INVITED] if word not in seen]
