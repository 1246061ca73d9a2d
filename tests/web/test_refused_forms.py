"""What was typed comes back from every form, whatever it is refused for outside its fields."""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import (
    NotFound,
    RequestEntityTooLarge,
    RequestTimeout,
    TooManyRequests,
)
from werkzeug.test import TestResponse

from portal import errors
from portal.web.people import sessions
from tests.architecture.matrix import ask
from tests.architecture.matrix.rows import Rows
from tests.architecture.matrix.world import World
from tests.databases import AnotherDatabase
from tests.html import Node, broken_rules, parse

# How many tokens a language model may read is a number.
SECRET = re.compile("password|secret|code|token(?!s)|credential")
LINES = {"", "text", "email", "url", "tel", "search"}
LINE, TEXT = 'typed\u202f<b>"&amp; in {name}', 'typed <b>"&amp;\n\n  in {name}\n'
# Refusals by whatever stands before, in or behind a view, and whether the form can be sent again.
REFUSALS: dict[str, tuple[Callable[[], Exception], int, bool]] = {
    "too many": (TooManyRequests, 429, True),
    "too large": (lambda: errors.TooLarge(limit=10, name="a.png"), 413, True),
    "too large to be read": (RequestEntityTooLarge, 413, True),
    "too slow": (RequestTimeout, 408, True),
    "characters": (lambda: errors.Invalid(subject="broken"), 422, True),
    "a fault of ours": (ZeroDivisionError, 500, True),
    "the database is away": (lambda: OperationalError("", {}, Exception("away")), 503, True),
    "the files are away": (lambda: errors.ForeignStore(reason="another desk's"), 503, True),
    "the files are full": (errors.StorageFull, 507, True),
    "the proof is too old": (lambda: errors.ProofNeeded(max_age=600), 403, True),
    "closed meanwhile": (errors.TicketClosed, 409, False),
    "changed meanwhile": (errors.VersionChanged, 400, False),
    "not allowed any more": (errors.Forbidden, 403, False),
    "gone meanwhile": (errors.NotFound, 404, False),
    "no such page": (NotFound, 404, False),
    "the link was used": (errors.BadLink, 410, False),
}


# How a page comes back is the same for each form, and what a form holds for each way to be refused.
# So every form is refused in one way of each kind, for now and for good, and in others by turns.
WAYS = ["characters", "closed meanwhile"]
TURNS = 8


class Form(NamedTuple):
    """A form of a page, as `role` sees it: the names of its fields, and what else it sends."""

    role: str
    endpoint: str
    action: str
    lines: frozenset[str]
    texts: frozenset[str]
    secrets: frozenset[str]
    others: tuple[tuple[str, str], ...]

    def data(self) -> dict[str, str]:
        return {
            **dict(self.others),
            **{name: LINE.format(name=name) for name in self.lines},
            **{name: TEXT.format(name=name) for name in self.texts},
            **{name: f"hidden-{name}" for name in self.secrets},
        }


class Desk(NamedTuple):
    world: World
    rows: Rows
    forms: list[Form]

    def send(self, form: Form, **options: Any) -> TestResponse:
        """Send the form as filled in; nothing of it remains."""
        browser = self.world.browsers[form.role]
        cookies = dict(browser.http._cookies or {})
        data = {**form.data(), "csrf_token": self.world.csrf[form.role], **options.pop("more", {})}
        answer = browser.http.post(form.action, data=data, **options)
        browser.http._cookies = cookies
        self.rows.restore()
        return answer


@pytest.fixture(scope="module")
def desk(migrated_database: AnotherDatabase, queue_url: str) -> Iterator[Desk]:
    with migrated_database() as empty, ask.desk(queue_url, empty.url) as (world, rows):
        found = {form.endpoint: form for form in forms_of(world, rows)}
        yield Desk(world, rows, list(found.values()))


def forms_of(world: World, rows: Rows) -> Iterator[Form]:
    """Every form with something to type, on every page that somebody gets."""
    addresses = world.app.url_map.bind("localhost")
    # Others see no form that none of these sees.
    for role in ("signed-out", "user", "owner", "staff", "admin"):
        for question in ask.questions(world.app):
            if question[1] != "GET" or question[0].endpoint in {"static", "metrics", "ready"}:
                continue
            answer = ask.send(world, rows, role, question)
            if answer.status_code != 200 or answer.mimetype != "text/html":
                continue
            for node in parse(answer.text).all("form", method="post"):
                endpoint = addresses.match(urlsplit(node["action"]).path, method="POST")[0]
                form = _form(role, endpoint, node)
                if form.lines or form.texts:
                    yield form


def _form(role: str, endpoint: str, node: Node) -> Form:
    fields = [n for n in node.inside if n.tag in {"input", "textarea"} and n.get("name")]
    secrets = {n["name"] for n in fields if SECRET.search(n["name"])} - {"csrf_token"}
    typed = [n for n in fields if n["name"] not in secrets]
    lines = {n["name"] for n in typed if n.tag == "input" and n.get("type", "") in LINES}
    texts = {n["name"] for n in typed if n.tag == "textarea"}
    others = {
        n["name"]: n.get("value") or "" for n in typed if n.get("type") in {"hidden", "radio"}
    }
    others.pop("csrf_token", None)
    sets = frozenset(lines), frozenset(texts), frozenset(secrets)
    return Form(role, endpoint, node["action"], *sets, tuple(others.items()))


def given_back(page: Node) -> dict[str, str]:
    """What the page holds for each field, by the end of its id."""
    values = {n["id"]: n.get("value") or "" for n in page.all("input", id=True)}
    values |= {n["id"]: n._raw_text().removeprefix("\n") for n in page.all("textarea")}
    return {at.removeprefix("typed-"): text for at, text in values.items() if "typed-" in at}


def faults(form: Form, answer: TestResponse, status: int, *, again: bool) -> list[str]:
    """What is wrong with the page that refuses the form."""
    if answer.status_code != status:
        return [f"{form.endpoint}: {answer.status_code} for {status}"]
    again = again and "credential" not in form.secrets  # what a passkey has answered is used up
    page = parse(answer.text)
    found, sent = given_back(page), form.data()
    wrong = [name for name in form.lines | form.texts if found.get(name) != sent[name]]
    wrong += [f"secret {name}" for name in form.secrets if f"hidden-{name}" in answer.text]
    whole = page.all("form", action=form.action)
    if bool(whole) is not again:
        wrong.append(f"can be sent again: {bool(whole)}")
    elif again:
        there = {n.get("name") for n in whole[0].inside}
        wrong += [f"without {name}" for name in {*sent, "csrf_token"} - there]
    return [f"{form.endpoint}: {what}" for what in [*wrong, *broken_rules(page)]]


@pytest.fixture
def refuse(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception], None]:
    """`refuse(error)`: all views raise it."""
    monkeypatch.setitem(desk.world.app.config, "PROPAGATE_EXCEPTIONS", False)

    def refused(error: Exception) -> None:
        def view(**_parameters: object) -> None:
            raise error

        for form in desk.forms:
            monkeypatch.setitem(desk.world.app.view_functions, form.endpoint, view)

    return refused


def test_there_are_forms_to_be_refused(desk: Desk):
    endpoints = {form.endpoint for form in desk.forms}
    assert endpoints >= {
        "tickets.comment",
        "tickets.file",
        "tickets.rate",
        "tickets.set_tags",
        "account.save_profile",
        "account.create_key",
        "account.put_credential",
        "account.invite",
        "account.create_webhook",
        "auth.sign_in",
        "auth.file_first",
        "auth.sign_up",
        "auth.accept_invitation",
    }


def chosen(desk: Desk, kind: str, ways: Sequence[str] = WAYS) -> list[Form]:
    """The forms that are refused in this way: all by some, and by the others each in its turn."""
    return desk.forms if kind in ways else desk.forms[[*REFUSALS].index(kind) % TURNS :: TURNS]


def test_every_form_has_its_turn(desk: Desk) -> None:
    others = [form.endpoint for kind in REFUSALS for form in chosen(desk, kind, ())]
    assert {*others} == {form.endpoint for form in desk.forms}


@pytest.mark.parametrize("kind", REFUSALS)
def test_every_form_comes_back_with_its_texts_and_without_its_secrets(
    desk: Desk, refuse: Callable[[Exception], None], kind: str
):
    error, status, again = REFUSALS[kind]
    refuse(error())
    answers = [(form, desk.send(form)) for form in chosen(desk, kind)]
    assert not [fault for one in answers for fault in faults(*one, status, again=again)]


@pytest.mark.parametrize("kind", REFUSALS)
def test_with_scripts_the_words_go_beside_the_form_which_stays(
    desk: Desk, refuse: Callable[[Exception], None], kind: str
):
    error, status, _again = REFUSALS[kind]
    refuse(error())
    replaced = []
    for form in chosen(desk, kind, WAYS[:1]):
        answer = desk.send(form, headers={"HX-Request": "true"})
        page = parse(answer.text)
        aside = [n for n in page.children if isinstance(n, Node)] == page.all("hx-partial")
        led = "HX-Redirect" in answer.headers and answer.status_code == 401
        if not led and (answer.status_code != status or not aside):
            replaced.append((form.endpoint, answer.status_code))
    assert not replaced


def test_a_form_whose_token_has_expired_comes_back_with_another(desk: Desk):
    for form in desk.forms:
        again = form.role != "signed-out" or form.endpoint.startswith("auth.")
        options = {"more": {"csrf_token": "x"}, "headers": {"Origin": "http://localhost"}}
        assert not faults(form, desk.send(form, **options), 400, again=again)


@pytest.mark.threat("forged requests")
@pytest.mark.parametrize("headers", [{}, {"Origin": "https://evil.example"}], ids=str)
def test_a_page_elsewhere_puts_no_words_into_our_mouth(desk: Desk, headers: dict[str, str]):
    for form in desk.forms:
        answer = desk.send(form, more={"csrf_token": "x"}, headers=headers)
        assert answer.status_code in {400, 403}
        assert "in message" not in answer.text


def test_who_is_signed_out_meanwhile_can_copy_what_they_wrote(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sessions, "_lookup", lambda _token: None)
    for form in desk.forms:
        if not form.endpoint.startswith(("auth.", "web.")):
            assert not faults(form, desk.send(form), 401, again=False)


def test_nobody_is_shown_an_empty_form(desk: Desk, refuse: Callable[[Exception], None]):
    refuse(TooManyRequests())
    for form in desk.forms:
        nothing = dict.fromkeys(form.data(), " ")
        answer = desk.send(form, more=nothing | {"csrf_token": desk.world.csrf[form.role]})
        assert not parse(answer.text).all("form", action=form.action)
