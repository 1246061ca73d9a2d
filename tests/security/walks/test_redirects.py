"""No answer leads away from here."""

from urllib.parse import urlsplit

import pytest

from tests.architecture.matrix.ask import Question
from tests.architecture.matrix.walk import LOOKING, Walk, where

pytestmark = pytest.mark.databases("postgresql")

# Who follows these has rules of their own; more spellings of it: tests/auth/test_sign_in.py.
EVIL = ["//evil.example/", "/\\evil.example", "https://evil.example/"]


def led_to(walk: Walk, role: str, question: Question, wish: str, *, scripts: bool) -> str:
    """Where the answer leads to somebody who wishes for `wish`, and says so by whatever may."""
    fields = walk.form(role, question, next=wish) if question[1] not in LOOKING else None
    page = f"http://localhost/{wish}"
    headers = {"HX-Request": "true", "HX-Current-URL": page} if scripts else {"Referer": page}
    answer = walk.send(role, question, data=fields, query_string={"next": wish}, headers=headers)
    return answer.headers.get("Location") or answer.headers.get("HX-Redirect") or "/"


@pytest.fixture(scope="module")
def followers(walk: Walk) -> list[tuple[str, Question]]:
    """Who asks where, when the answer leads to the page that is wished for."""
    wish = "/tickets/?wished=1"
    return [
        (role, question)
        for role, scripts in (("admin", False), ("admin", True), ("signed-out", False))
        for question in walk.questions
        if "wished=1" in led_to(walk, role, question, wish, scripts=scripts)
    ]


@pytest.mark.threat("redirects elsewhere")
def test_no_answer_leads_to_another_site(walk: Walk, followers: list[tuple[str, Question]]):
    """Those who do as wished are asked for all of it, the others for one."""
    assert {question[0].endpoint for _role, question in followers} >= {"auth.sign_in"}
    everybody = [(role, asked) for role in ("admin", "signed-out") for asked in walk.questions]
    asked = [(*one, EVIL[0], False) for one in everybody]
    asked += [(*one, evil, scripts) for one in followers for evil in EVIL for scripts in (0, 1)]
    led = []
    for role, question, evil, scripts in asked:
        to = led_to(walk, role, question, evil, scripts=bool(scripts))
        if not to.startswith("/") or to[1:2] in {"/", "\\"} or urlsplit(to).netloc:
            led.append((role, where(question), to))
    assert not led
