"""What must hold at every address, new ones too: the application's map is walked.

The desk is that of `tests.architecture.matrix`: rows in one organization, people of all roles, and
somebody of another organization.
"""

import dataclasses
from collections.abc import Iterator
from io import BytesIO
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest
from werkzeug.datastructures import ImmutableMultiDict

from portal.queries.tickets.lists.ticket_filter import TicketFilter
from tests.architecture.matrix import ask, forms
from tests.architecture.matrix.ask import Question
from tests.architecture.matrix.walk import LOGGED, Walk, where
from tests.architecture.matrix.world import INVITED
from tests.databases import AnotherDatabase
from tests.statements import long_texts

pytestmark = pytest.mark.databases("postgresql")

STRANGER_ELSEWHERE = "outsider"
THEIRS = ["Acme", "No hot water", "note.txt", "Archer", "Baker", "Marketplace", "colleague@"]
_LOOKING = frozenset({"GET", "HEAD", "OPTIONS"})
# Who follows these has rules of their own; more spellings of it: tests/auth/test_sign_in.py.
EVIL = ["//evil.example/", "/\\evil.example", "https://evil.example/"]
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
UNREADABLE = {
    "a megabyte": "x" * 1_000_000,
    "deep": "[" * 20_000,
    "a large number": "9" * 5_000,
    "below zero": "-1",
    "a surrogate, escaped": '{"id": "\\ud800"}',
}
HOSTILE = ["1%'\"); DROP TABLE users; -- ((", "\u202e٣"]


@pytest.fixture(scope="module")
def walk(migrated_database: AnotherDatabase, queue_url: str) -> Iterator[Walk]:
    with migrated_database() as empty, ask.desk(queue_url, empty.url) as made:
        yield Walk(*made)


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
        if rule.endpoint.endswith("invitation") and "/auth/" in rule.rule:
            continue
        # The headers say how a page is wanted.
        others = [] if headers else [(rule, "HEAD"), (rule, "OPTIONS")]
        for asked in [(rule, method), *others]:
            fields = None if asked[1] in _LOOKING else walk.form(STRANGER_ELSEWHERE, asked)
            answer = walk.send(STRANGER_ELSEWHERE, asked, data=fields, headers=headers)
            told = f"{answer.text}{answer.headers}"
            found += [(where(asked), word) for word in THEIRS if word in told]
    assert not found


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


def sender(question: Question) -> str:
    return "signed-out" if question[0].rule.startswith("/auth/") else "admin"


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


def led_to(walk: Walk, role: str, question: Question, wish: str, *, scripts: bool) -> str:
    """Where the answer leads to somebody who wishes for `wish`, and says so by whatever may."""
    fields = walk.form(role, question, next=wish) if question[1] not in _LOOKING else None
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


class Noting(ImmutableMultiDict[str, str]):
    """Parameters of an address that note which of them are looked at."""

    seen: ClassVar[set[str]] = set()

    def __getitem__(self, key: str) -> str:
        self.seen.add(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self.seen.add(str(key))
        return super().__contains__(key)

    def getlist(self, key: str, *words: Any, **options: Any) -> Any:
        self.seen.add(key)
        return super().getlist(key, *words, **options)

    def __iter__(self) -> Iterator[str]:
        self.seen.update(super().keys())
        return super().__iter__()

    def to_dict(self, flat: bool = True) -> Any:
        """Pages that take all of them at once may look at any."""
        self.seen.update(super().keys())
        return super().to_dict(flat)


FILTERS = [field.name for field in dataclasses.fields(TicketFilter)]


@pytest.fixture(scope="module")
def parameters(walk: Walk) -> dict[tuple[str, str], set[str]]:
    """Which parameters each page looks at, by role and address."""
    found: dict[tuple[str, str], set[str]] = {}
    before = walk.world.app.request_class.parameter_storage_class
    others = ["role", "person", "kind", "next", "page", "open", "whose", "state"]
    everything = dict.fromkeys([*FILTERS, *others], "1")
    walk.world.app.request_class.parameter_storage_class = Noting
    # A customer's list is another query than that of staff; all else is asked by who sees most.
    asked = [("admin", question) for question in walk.safe()]
    asked += [("owner", q) for q in walk.safe() if q[0].rule.startswith("/tickets/")]
    for role, question in asked:
        Noting.seen = set()
        for query in ({}, everything):
            walk.send(role, question, query_string=query)
        found[role, question[0].rule] = Noting.seen
    walk.world.app.request_class.parameter_storage_class = before
    return found


def test_pages_look_at_the_parameters_that_are_known(
    parameters: dict[tuple[str, str], set[str]],
) -> None:
    assert parameters["admin", "/tickets/queue"] >= set(FILTERS)
    assert "next" in parameters["admin", "/auth/login"]
    assert "person" in parameters["admin", "/admin/logs/actions"]


@pytest.mark.threat("queries made of text")
@pytest.mark.parametrize("text", HOSTILE)
def test_no_parameter_reaches_the_database_as_anything_but_a_value(
    walk: Walk, parameters: dict[tuple[str, str], set[str]], text: str
):
    rules = {question[0].rule: question for question in walk.safe()}
    broken = []
    for (role, rule), names in parameters.items():
        for name in sorted(names):
            answer = walk.send(role, rules[rule], query_string={name: text})
            if answer.status_code >= 500 or walk.rows.changed:
                broken.append((role, rule, name, answer.status_code))
    assert not broken


@pytest.fixture(scope="module")
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


def test_the_words_that_are_looked_for_are_there_to_be_found(walk: Walk):
    seen = "".join(walk.send("owner", question).text for question in walk.safe())
    assert not [word for word in [*THEIRS, INVITED] if word not in seen]
