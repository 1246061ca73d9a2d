"""What no browser sends by itself, sent to every address: nothing opens, leaks or breaks by it."""

import math
import random
import re
from collections.abc import Iterator
from urllib.parse import urlencode, urlsplit

import pytest
from sqlalchemy import update
from werkzeug.test import TestResponse

from portal.extensions import begin_write, db
from portal.models.people import User
from portal.models.tickets import Ticket
from portal.queries.people import users
from portal.queries.tickets.lists import capped_counts
from portal.services.tickets import saved_views
from portal.web.templating import fragment_cache
from tests import factories
from tests.answer_text import text_of
from tests.architecture.matrix import ask
from tests.architecture.matrix.ask import Question
from tests.architecture.matrix.walk import LOGGED, Walk, where
from tests.databases import AnotherDatabase
from tests.security.walks.test_answers import STRANGER_ELSEWHERE, THEIRS
from tests.waiting import PATIENCE

pytestmark = [pytest.mark.slow, pytest.mark.databases("sqlite")]

ROLES = ["signed-out", STRANGER_ELSEWHERE, "owner", "admin"]
# What other software makes of a path; ours takes it as it stands.
SPELLINGS = [
    *("{}/", "/{}", "//evil.example{}", "/\\evil.example{}", "{}//", "{};x=1", "{}/.", "/x/..{}"),
    *("{}%2f", "{}\\", "{}\r\nX-Evil: 1", "{}?", "http://evil.example{}"),
]
HEADERS = [
    {"If-None-Match": "*"},
    {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
    {"If-Range": "x", "Range": "bytes=0-1"},
    {"Range": "bytes=-1,0-" + "9" * 400},
    {"Accept": "text/event-stream"},
    {"Accept-Language": "ru;q=NaN, en;q=1e400, ,;;,xx" * 50},
    {"Accept-Encoding": "gzip;q=0,*;q=NaN,br"},
    {"HX-Request": "true", "HX-Current-URL": "http://[::"},
    {"HX-Request": "true", "HX-History-Restore-Request": "true", "HX-Target": "ol#timeline"},
    {"X-HTTP-Method-Override": "DELETE"},
    {"Authorization": 'Digest x="y'},
    {"User-Agent": "\xff" * 500},
]
# Each is a word of some page; here it comes to all others, once and twice.
PARAMETERS = [
    *(("view", "mine"), ("cursor", "1.1"), ("cursor", "9" * 19), ("before", "0"), ("since", "nan")),
    *(("page", "0" * 16), ("q", 'a:b "c'), ("requester", "USR" + "9" * 18), ("_method", "DELETE")),
    *(("token", "x"), ("locale", "ru"), ("number", "REQ000001"), ("organization", "ORG000001")),
]
Asked = list[tuple[str, Question, int]]
READERS = ["user", "viewer", "owner", "staff", "admin"]
# Of each two that could be shown the same some differ in language alone, some in zone alone.
EASTERN = "Asia/Vladivostok"
SPEAKING = {
    "bob@example.com": ("ru", "UTC"),
    "viewer@example.com": ("en", "UTC"),
    "ann@example.com": ("en", EASTERN),
    "sam@example.com": ("ru", EASTERN),
    "ada@example.com": ("en", EASTERN),
}
# What is another one at each request, and nobody's secret: tokens of forms, moments, ids, and what
# a provider is asked for consent with.
PASSING = re.compile(
    r"\bI[\w-]+\.[\w-]{6}\.[\w-]{20,}|\b\d{10}\.\d{3}\b|\b[0-9a-f]{16}\b"
    r"|\b(?:state=[\w.-]{60,}|code_challenge=[\w-]{43})"
)


@pytest.fixture(scope="module")
def walk(migrated_database: AnotherDatabase, queue_url: str) -> Iterator[Walk]:
    with migrated_database() as empty, ask.desk(queue_url, empty.url) as (world, rows):
        with world.app.app_context():
            begin_write()
            for email, (locale, timezone) in SPEAKING.items():
                values = {"locale": locale, "timezone": timezone}
                db.session.execute(update(User).where(User.email == email).values(values))
            _share_a_view_of_own_tickets()
            db.session.commit()
        rows.keep()
        yield Walk(world, rows)


def _share_a_view_of_own_tickets() -> None:
    """One name for all staff, in which Sam finds a ticket and Ada none."""
    sam = users.by_email("sam@example.com")
    assert sam is not None
    db.session.execute(update(Ticket).values(assignee_id=sam.id))
    saved_views.create(
        actor=factories.actor(sam), name="Own", query="view=all&assignee=me", shared=True
    )


@pytest.fixture(scope="module")
def asked(walk: Walk) -> Asked:
    """Each page, for each role, with the status of its usual answer."""
    found = [(role, question) for role in ROLES for question in walk.safe()]
    return [(role, question, walk.send(role, question).status_code) for role, question in found]


def by_turns(asked: Asked, number: int) -> Asked:
    """Each page as one of the two who see little, and as one of the two who see much.

    With the next number it is the others' turn: how an address, a header and a parameter are taken
    is the same for all, what a page makes of it is its own.
    """
    pages = len(asked) // len(ROLES)
    return [one for n, one in enumerate(asked) if (n // pages + n % pages + number) % 2 == 0]


def fault(walk: Walk, role: str, question: Question, usual: int, answer: TestResponse) -> str:
    """What is wrong with the answer to a rare request, beside the `usual` one's status."""
    told = f"{text_of(answer)}{answer.headers}"
    to = answer.headers.get("Location") or answer.headers.get("HX-Redirect") or "/"
    led = urlsplit(to).netloc not in {"", "localhost"} or to.startswith(("//", "/\\"))
    # Whoever holds the link of an invitation is told who invites where.
    invited = question[0].rule.startswith(("/auth/invitations", "/auth/domains"))
    foreign = role == STRANGER_ELSEWHERE and not invited and any(word in told for word in THEIRS)
    # To HTMX the end of a view is said, where a page leads back to the list.
    said = role == "admin" and question[0].endpoint in _SAID_TO_HTMX and usual == 303
    faults = {
        "broken": answer.status_code >= 500,
        "opened": answer.status_code == 200 and usual != 200 and not said,
        "kept": answer.status_code in {206, 304} and question[0].endpoint not in _PUBLIC,
        "led away": led or "X-Evil" in answer.headers,
        "foreign": foreign,
        "changed": walk.rows.changed and question[0].endpoint not in LOGGED,
    }
    return ", ".join(name for name, is_so in faults.items() if is_so)


_PUBLIC = {"static", "favicon"}
_SAID_TO_HTMX = {"tickets.next_ticket", "tickets.previous_ticket"}


def test_each_has_a_turn_at_each_page(asked: Asked) -> None:
    one, other = by_turns(asked, 0), by_turns(asked, 1)
    assert sorted(map(asked.index, one + other)) == list(range(len(asked)))
    pages = {where(question) for _role, question, _usual in asked}
    assert {where(question) for _role, question, _usual in one} == pages


@pytest.mark.threat("foreign rows")
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_another_spelling_of_an_address_opens_nothing(
    walk: Walk, asked: Asked, spelling: str
) -> None:
    found = []
    for role, question, usual in by_turns(asked, SPELLINGS.index(spelling)):
        path = spelling.format(ask.path(walk.world, role, question[0]))
        raw = {"PATH_INFO": path, "REQUEST_URI": path, "RAW_URI": path}
        answer = walk.send(role, question, environ_overrides=raw)
        if wrong := fault(walk, role, question, usual, answer):
            found.append((role, path, answer.status_code, wrong))
    assert not found


@pytest.mark.threat("foreign rows")
@pytest.mark.parametrize("headers", HEADERS, ids=" ".join)
def test_no_header_opens_or_breaks_anything(
    walk: Walk, asked: Asked, headers: dict[str, str]
) -> None:
    found = []
    for role, question, usual in by_turns(asked, HEADERS.index(headers)):
        answer = walk.send(role, question, headers=headers)
        if wrong := fault(walk, role, question, usual, answer):
            found.append((role, where(question), answer.status_code, wrong))
    assert not found


@pytest.mark.threat("fields nobody asked for")
@pytest.mark.parametrize(("name", "value"), PARAMETERS)
def test_the_parameters_of_other_pages_do_nothing(
    walk: Walk, asked: Asked, name: str, value: str
) -> None:
    found = []
    for role, question, usual in by_turns(asked, PARAMETERS.index((name, value))):
        twice = urlencode([(name, value), (name, ""), (f"{name}[]", value)])
        answer = walk.send(role, question, query_string=twice)
        if wrong := fault(walk, role, question, usual, answer):
            found.append((role, where(question), answer.status_code, wrong))
    assert not found


@pytest.mark.threat("answers kept by others")
def test_what_others_have_read_before_changes_no_answer(
    walk: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parts of pages are kept, for readers of all roles, languages and zones together.

    So are counts of saved views, which pages ask for once they are there.
    """
    monkeypatch.setattr(capped_counts, "FRESH", math.inf)
    monkeypatch.setattr(capped_counts, "SECONDS", PATIENCE)
    pages = [q for q in walk.safe() if q[0].endpoint != "metrics"]
    questions = [(role, q, part) for role in READERS for q in pages for part in (False, True)]
    alone = []
    for one in questions:
        _forget(walk)
        alone.append(_answer(walk, *one))
    order = list(range(len(questions)))
    random.Random(0).shuffle(order)
    _forget(walk)
    other = [questions[n] for n in order if _answer(walk, *questions[n]) != alone[n]]
    assert not [(role, where(question), part) for role, question, part in other]
    assert fragment_cache._part.cache_info().hits > 100


def _answer(walk: Walk, role: str, question: Question, part: bool) -> str:
    if question[0].endpoint == "tickets.queue":
        # Else it shows the counts that anybody has asked for of late, or none yet.
        walk.send(role, next(q for q in walk.safe() if q[0].endpoint == "tickets.view_counts"))
    told = walk.send(role, question, headers={"HX-Request": "true"} if part else {})
    return f"{told.status_code} {PASSING.sub('…', text_of(told))}"


def _forget(walk: Walk) -> None:
    walk.world.app.extensions.pop("lodge.view_counts", None)
    fragment_cache._row.cache_clear()
    fragment_cache._part.cache_clear()
