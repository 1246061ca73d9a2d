"""Asks one thing of every address of the desk of this package."""

from typing import Any

from werkzeug.test import TestResponse

from tests.architecture.matrix import ask, forms
from tests.architecture.matrix.ask import Question
from tests.architecture.matrix.rows import Rows
from tests.architecture.matrix.world import World

SAFE = frozenset({"GET"})
LOOKING = SAFE | {"HEAD", "OPTIONS"}
# Whoever fetches a file with data of others stands in the log.
LOGGED = frozenset(
    {
        "account.download_export",
        "admin.download_table_export",
        "admin.inbound_raw",
        "admin.inbound_text",
    }
)


class Walk:
    """The questions, and a way to ask each as somebody."""

    def __init__(self, world: World, rows: Rows) -> None:
        self.world, self.rows = world, rows
        self.questions = ask.questions(world.app)

    def safe(self) -> list[Question]:
        """All that is only looked at. The readiness probe writes, to find out whether it can."""
        return [q for q in self.questions if q[1] in SAFE and q[0].endpoint != "ready"]

    def unsafe(self) -> list[Question]:
        return [question for question in self.questions if question[1] not in SAFE]

    def send(self, role: str, question: Question, **options: Any) -> TestResponse:
        return ask.send(self.world, self.rows, role, question, **options)

    def form(self, role: str, question: Question, **more: Any) -> dict[str, Any]:
        """The fields that the form takes, with more beside or instead."""
        token = {"csrf_token": self.world.csrf[role]}
        return {**token, **forms.fields(self.world, role, question[0].endpoint), **more}


def sender(question: Question) -> str:
    """Who sends a form, where others do it in the same way."""
    return "signed-out" if question[0].rule.startswith("/auth/") else "admin"


def where(question: Question) -> str:
    return f"{question[1]} {question[0].rule}"
