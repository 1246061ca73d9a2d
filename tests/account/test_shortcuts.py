import json
from collections.abc import Callable

import pytest

from portal.models.people.shortcuts import DEFAULT_KEYS, Shortcut, keys_of, to_text
from tests.cast import Cast
from tests.page import Page, Visitor

PATH = "/account/shortcuts"
USUAL = {f"key_{name}": key for name, key in DEFAULT_KEYS.items()}


@pytest.fixture
def sam(client: Visitor, cast: Cast) -> Visitor:
    return client.sign_in(cast.sam)


def keys(page: Page) -> dict[str, str]:
    """What the page's script is told."""
    return dict(json.loads(page.one("dialog", id="shortcut-help")["data-keys-of"] or ""))


def test_somebody_chooses_their_keys_and_has_them_on_each_page(
    sam: Visitor, visit: Callable[[], Visitor], cast: Cast
):
    page = sam.get(PATH)
    assert page.one("input", name="key_down")["value"] == "j"
    assert sam.post(PATH, {**USUAL, "key_down": "n", "key_note": "J"}).location == PATH
    for path in ("/tickets/queue", "/tickets/new", "/account/"):
        found = keys(sam.get(path))
        assert (found["down"], found["note"], found["up"]) == ("n", "j", "k")
    assert keys(visit().sign_in(cast.sue).get("/tickets/queue"))["down"] == "j"
    sam.post(PATH, {**USUAL, "key_down": "odd", "usual": "1"})
    assert keys(sam.get(PATH)) == DEFAULT_KEYS


def test_a_key_may_be_none_at_all(sam: Visitor):
    sam.post(PATH, {**USUAL, "key_solve": ""})
    page = sam.get(PATH)
    assert (keys(page)["solve"], page.one("input", name="key_solve")["value"]) == ("", "")
    assert "Solve, with what is written" not in page.one("dialog", id="shortcut-help").text


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"key_down": "k"}, "This key does two things"),
        ({"key_down": "7"}, "Use one letter from a to z"),
        ({"key_down": "ж"}, "Use one letter from a to z"),
        ({"key_down": "jj"}, "This is too long."),
    ],
)
def test_keys_that_cannot_be_are_refused_and_given_back(
    sam: Visitor, fields: dict[str, str], sentence: str
):
    page = sam.post(PATH, {**USUAL, **fields}, status=422)
    assert sentence in page.one("main").text
    assert page.one("input", name="key_down")["value"] == fields["key_down"]
    assert keys(sam.get(PATH)) == DEFAULT_KEYS


def test_customers_and_strangers_have_no_keys(visit: Callable[[], Visitor], cast: Cast):
    ann = visit().sign_in(cast.ann)
    ann.get(PATH, 404)
    ann.post(PATH, USUAL, status=404)
    assert not ann.get("/account/").all("dialog", id="shortcut-help")
    assert "Shortcuts" not in ann.get("/account/").words
    assert visit().get(PATH, 303).location.startswith("/auth/login")


def test_what_is_kept_is_what_differs():
    assert to_text(DEFAULT_KEYS) == ""
    chosen = {**DEFAULT_KEYS, Shortcut.DOWN: "n", Shortcut.NOTE: "", Shortcut.HELP: "'"}
    assert to_text(chosen) == "down=n note=- help='"
    assert keys_of(to_text(chosen)) == chosen


def test_a_key_that_somebody_has_chosen_is_taken_from_what_usually_has_it():
    keys = keys_of("down=m dance=q up=ж")
    assert (keys[Shortcut.DOWN], keys[Shortcut.MACRO], keys[Shortcut.UP]) == ("m", "", "k")


def test_no_two_usual_keys_are_the_same():
    assert len(set(DEFAULT_KEYS.values())) == len(Shortcut)
