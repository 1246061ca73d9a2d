"""The desk that is walked, and who sends which form."""

from collections.abc import Iterator

import pytest

from tests.architecture.matrix import ask
from tests.architecture.matrix.ask import Question
from tests.architecture.matrix.walk import Walk, sender
from tests.databases import AnotherDatabase


@pytest.fixture(scope="package")
def walk(migrated_database: AnotherDatabase, queue_url: str) -> Iterator[Walk]:
    with migrated_database() as empty, ask.desk(queue_url, empty.url) as made:
        yield Walk(*made)


@pytest.fixture(scope="package")
def able(walk: Walk) -> list[tuple[str, Question]]:
    """Each form, and the first of these for whom it does something."""
    roles = ("admin", "owner", "user", "signed-out")
    return [
        (
            next((role for role in roles if is_done(walk, role, question)), sender(question)),
            question,
        )
        for question in walk.unsafe()
    ]


def is_done(walk: Walk, role: str, question: Question) -> bool:
    answer = walk.send(role, question, data=walk.form(role, question))
    return answer.status_code < 400 and "/auth/login" not in (answer.location or "")
