"""Searched words are marked where they stand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.queries.tickets.search.highlighting import Searched
from portal.queries.tickets.search.spellings import leaves
from portal.search_language.parser import parse
from tests import timing


def searched(q: str) -> Searched:
    tree = parse(q, {}).tree
    return Searched(leaves(tree) if tree else [])


def brackets(segments: tuple[tuple[str, bool], ...]) -> str:
    return "".join(f"[{text}]" if is_word else text for text, is_word in segments)


@pytest.mark.parametrize(
    ("q", "text", "marked"),
    [
        ("haus", "Die Häuser sind kalt", "Die [Häuser] sind kalt"),
        ("muller", "Herr Müller", "Herr [Müller]"),
        ("email", "Send an e-mail", "Send an [e-mail]"),
        ("订单", "我的订单还没有到", "我的[订单]还没有到"),
        ("prin", "The printer", "The [printer]"),
        ('"exact words"', "exactly: exact words", "exactly: [exact] [words]"),
        ("loud -printer", "A loud printer", "A [loud] printer"),
        ("req-42", "As in #42 and REQ000042", "As in #42 and [REQ000042]"),
        ("don't", "t or don't", "t or [don't]"),
        ("a", "<a>&amp;</a>", "<[a]>&amp;</[a]>"),
        ("nothing", "Something else", "Something else"),
        ("", "Something else", "Something else"),
    ],
)
def test_the_words_are_marked(q: str, text: str, marked: str) -> None:
    assert brackets(searched(q).marked(text)) == marked


@given(st.text(max_size=60), st.text(max_size=200))
def test_marking_changes_no_letter(q: str, text: str) -> None:
    words = searched(q)
    assert "".join(piece for piece, _ in words.marked(text)) == text
    words.excerpt(text)


def test_an_excerpt_is_the_place_with_most_of_the_words() -> None:
    filler = "Nothing to see here, move on please. " * 20
    text = f"{filler}A printer. {filler}The printer\n> is loud.{filler}"
    found = searched("loud printer").excerpt(text)
    assert found is not None
    assert "[printer] is [loud]" in brackets(found.segments)
    assert len(brackets(found.segments)) < 200


def test_a_text_without_the_words_has_no_excerpt() -> None:
    assert searched("printer").excerpt("The primer is dry. " * 50) is None


@pytest.mark.threat("costly text")
@pytest.mark.parametrize("unit", ["prin ", "p", "printer ", "我", "p-", "ä"])
def test_an_excerpt_costs_little(unit: str) -> None:
    text = unit * (60_000 // len(unit))
    words = searched("printe 我们 p-p")
    assert timing.cpu_seconds(lambda: words.excerpt(text)) < 0.5


@given(st.lists(st.sampled_from(["loud", "louder", "printer", "x" * 90, "\n"]), max_size=25))
def test_an_excerpt_is_the_first_of_the_best_places(words: list[str]) -> None:
    wanted, text = searched("loud printer"), " ".join(words)
    found = wanted.excerpt(text)
    hopeful = Searched(wanted.leaves)
    hopeful.best_fit = 99  # so it looks at each place
    assert found == hopeful.excerpt(text)
    assert bool(found) == any(word.startswith(("loud", "printer")) for word in words)
