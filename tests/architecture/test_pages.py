"""What every page and form keeps, new ones too: all of them are asked."""

from collections.abc import Iterator
from urllib.parse import urljoin

import pytest
from werkzeug.test import TestResponse

from tests.architecture.matrix import ask
from tests.architecture.matrix.walk import Walk, where
from tests.databases import AnotherDatabase
from tests.html import Node, parse

pytestmark = pytest.mark.databases("sqlite")
ROLES = ["signed-out", "viewer", "user", "org-admin", "owner", "staff", "lead", "admin"]
DEAD = frozenset({403, 404, 405})
# These lead to another page, which tells by itself, or had nothing to do.
TOLD_BY_ITSELF = frozenset(
    {
        "account.begin_totp",
        "account.cancel_email",
        "account.confirm_totp",
        "account.prove",
        "account.renew_codes",
        "account.undo_deletion",
        "auth.logout",
        "auth.sign_in",
        "auth.file_first",
        "auth.sign_up",
        "web.set_language",
        "web.set_theme",
        # Only what has failed is sent again.
        "account.redeliver_webhook",
        "admin.redeliver_webhook",
    }
)
# Their answer shows what was typed, and nothing is done.
ONLY_SHOWN = frozenset(
    {"tickets.preview", "tickets.preview_new", "auth.preview_first", "admin.dry_run_mail"}
)
Door = tuple[str, str, dict[str, str]]  # method, address, fields


@pytest.fixture(scope="module")
def walk(migrated_database: AnotherDatabase, queue_url: str) -> Iterator[Walk]:
    with migrated_database() as empty, ask.desk(queue_url, empty.url) as made:
        yield Walk(*made)


@pytest.mark.parametrize("role", ["signed-out", "owner", "admin"])
def test_reloading_the_page_after_a_form_sends_nothing_again(walk: Walk, role: str):
    """POST, redirect, GET: what was done is not the answer of the form itself."""
    repeated = []
    for question in walk.unsafe():
        if question[0].endpoint in ONLY_SHOWN:
            continue
        answer = walk.send(role, question, data=walk.form(role, question))
        is_page = answer.mimetype == "text/html"
        if answer.status_code < 400 and is_page and answer.status_code != 303:
            repeated.append((where(question), answer.status_code))
    assert not repeated


def pages(walk: Walk, role: str) -> dict[str, Node]:
    """The pages that `role` may see, by address."""
    found = {}
    for question in walk.safe():
        answer = walk.send(role, question)
        if answer.status_code == 200 and answer.mimetype == "text/html":
            found[ask.path(walk.world, role, question[0])] = parse(answer.text)
    return found


def doors(page: Node) -> Iterator[Door]:
    """Each link and form of a page."""
    for link in page.all("a", href=True):
        if link["href"].startswith(("/", "?")):
            yield "GET", link["href"], {}
    for form in page.all("form", action=True):
        for button in form.all("button", type="submit"):
            method = (form.get("method") or "get").upper()
            yield method, button.get("formaction") or form["action"], _sent(form, button)


def _sent(form: Node, button: Node) -> dict[str, str]:
    """What a browser sends when nothing was filled in."""
    fields = {field["name"]: field.get("value") or "" for field in form.all("input", name=True)}
    for select in form.all("select", name=True):
        chosen = [o for o in select.all("option") if o.get("selected") is not None]
        fields[select["name"]] = (chosen or select.all("option"))[0]["value"]
    if name := button.get("name"):
        fields[name] = button.get("value") or ""
    return fields


def knock(walk: Walk, role: str, door: Door, **headers: str) -> TestResponse:
    """Go through one door, then bring rows and cookies back."""
    method, address, fields = door
    browser = walk.world.browsers[role]
    cookies = dict(browser.http._cookies or {})
    sent = {"query_string" if method == "GET" else "data": fields} if fields else {}
    answer = browser.http.open(address, method=method, headers=headers, **sent)
    browser.http._cookies = cookies
    walk.rows.restore()
    return answer


@pytest.mark.parametrize("role", ROLES)
def test_nobody_is_offered_a_door_that_does_not_open_for_them(walk: Walk, role: str):
    tried: dict[tuple[str, str, str], int] = {}
    dead = set()
    for address, page in pages(walk, role).items():
        for method, door, fields in doors(page):
            path = urljoin(address, door).partition("#")[0]
            key = (method, path, fields.get("status", ""))
            if key not in tried:
                tried[key] = knock(walk, role, (method, path, fields)).status_code
            if tried[key] in DEAD:
                dead.add((address, *key, tried[key]))
    assert not dead
    assert len(tried) > 5


def asks(page: Node) -> Iterator[Door]:
    """What htmx sends from a page when somebody does something; it loads and polls in silence."""
    for node in [*page.all(hx_get=True), *page.all(hx_post=True)]:
        method = "GET" if node.get("hx-get") else "POST"
        if (node.get("hx-trigger") or "").startswith(("every", "load")):
            continue
        buttons = [
            *node.all("button", type="submit"),
            *page.all("button", form=node.get("id", "-")),
        ]
        around = next((one for one in [node, *node.ancestors] if one.tag == "form"), node)
        for button in buttons if node.tag == "form" else [node]:
            yield method, node[f"hx-{method.lower()}"], _sent(around, button)


def words(answer: Node) -> str:
    """What an answer to htmx says to who cannot see it."""
    said = [part.text for part in answer.all("hx-partial", hx_target="#status")]
    return " ".join([*said, *(node.text for node in answer.all(role="alert"))])


@pytest.mark.parametrize("role", ["user", "staff"])
def test_every_answer_in_place_says_what_happened(walk: Walk, role: str):
    """WCAG 4.1.3: nothing is loaded again, so a screen reader has nothing else to say of it."""
    silent, asked = set(), set()
    headers = {"HX-Request": "true"}
    for address, page in pages(walk, role).items():
        for method, path, fields in asks(page):
            key = (method, path, fields.get("status", ""))
            if key in asked:
                continue
            asked.add(key)
            if path.endswith("/comments"):
                fields["message"] = "Any news?"
            if path.endswith("/participants"):
                fields["email"] = "dora@elsewhere.example"
            answer = knock(walk, role, (method, path, fields), **headers)
            if answer.status_code != 200 or not words(parse(answer.text)):
                silent.add((address, *key, answer.status_code))
    assert not silent
    assert len(asked) >= 4


def test_there_is_one_live_region(walk: Walk):
    for page in pages(walk, "staff").values():
        regions = [node["id"] for node in page.all(role="status")]
        assert regions == (["status"] if page.all(class_="ways") else [])


@pytest.mark.parametrize("role", ["owner", "admin"])
def test_every_form_is_answered_by_words_on_the_page_that_follows(walk: Walk, role: str):
    browser, silent = walk.world.browsers[role], []
    for question in walk.unsafe():
        cookies = dict(browser.http._cookies or {})
        path = ask.path(walk.world, role, question[0])
        answer = browser.http.post(path, data=walk.form(role, question))
        with browser.http.session_transaction() as session:
            told = session.get("_flashes", [])
        browser.http._cookies = cookies
        walk.rows.restore()
        if answer.status_code == 303 and not told and question[0].endpoint not in TOLD_BY_ITSELF:
            silent.append((where(question), question[0].endpoint))
    assert not silent
