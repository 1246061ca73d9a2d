import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from portal.extensions import db
from portal.models.people import User
from portal.queries.people.users import Colleague
from portal.services.tickets import mentions
from tests import factories
from tests.cast import Cast

SAM, SUE, BOB = (
    Colleague(1, "sam.stone", "Sam Stone"),
    Colleague(2, None, "Sue Stern"),
    Colleague(3, "sue", "Sue Stern-Ley"),
)


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("@Sam Stone, please look.", {1}),
        ("Ask @sam.stone.", {1}),
        ("ask @SAM  stone\nor @sue stern", {1, 2}),
        ("(@Sue Stern-Ley)", {3}),
        ("@sue knows", {3}),
        ("@sam.stone and @Sam Stone", {1}),
        ("@Sam", set()),
        ("@sam.stones", set()),
        ("@sam.stone.older", set()),
        ("@Sam Stonehenge", set()),
        ("sam@sue.example, mail@sue", set()),
        ("@@sue", set()),
        ("@nobody and @", set()),
        ("> @sue wrote\n  > and @Sam Stone\nyes", set()),
        ("> @sue wrote\n@Sam Stone: yes", {1}),
        ("", set()),
    ],
)
def test_a_note_names_colleagues(message: str, found: set[int]) -> None:
    assert mentions._named(message, [SAM, SUE, BOB]) == found


@pytest.mark.parametrize(
    ("html", "marked"),
    [
        ("<p>@SAM\nstone, see <em>@sue</em>.</p>", ["@SAM\nstone", "@sue"]),
        ("<blockquote><p>@sue</p></blockquote><p>@Sam Stone</p>", ["@Sam Stone"]),
        ('<p><a href="https://x/@sue">@sam.stones</a> x@sue</p>', []),
        ("<p>@Sam &amp; Co and @Tim O&#x27;Neil &lt;b&gt;</p>", ["@Tim O&#x27;Neil &lt;b&gt;"]),
    ],
)
def test_their_names_are_marked_where_they_call(html: str, marked: list[str]) -> None:
    names = frozenset({"sam.stone", "Sam Stone", "sue", "Sue Stern", "Tim O'Neil <b>"})
    found = mentions._marked(html, mentions._pattern(names))
    spans = '<span class="mention">{}</span>'
    assert found.count("<span") == len(marked)
    assert all(spans.format(words) in found for words in marked)
    assert found.replace('<span class="mention">', "").replace("</span>", "") == html


def test_two_of_one_name_are_both_meant() -> None:
    twin = Colleague(9, None, "Sam Stone")
    assert mentions._named("@Sam Stone", [SAM, twin]) == {1, 9}


@given(st.text(st.sampled_from("@>. \nsamstoneSuЯ")), st.text(st.sampled_from("@>. \nx")))
def test_any_text_can_be_read(before: str, after: str) -> None:
    assert mentions._named(f"{before}\n@sue {after}", [SAM, SUE, BOB]) >= {3}


def test_only_active_colleagues_are_named(app: Flask, cast: Cast) -> None:
    with factories.writing(app):
        db.session.get_one(User, cast.sam.id).is_active = False
    with app.app_context():
        names = f"@{cast.sam.name} @{cast.sue.name} @{cast.ada.name} @{cast.ann.name}"
        assert mentions.mentioned(names) == {cast.sue.id, cast.ada.id}
        assert mentions.mentioned("nobody at all") == set()
