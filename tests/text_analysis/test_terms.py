"""What the index holds of texts, and what it is asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.text_analysis.folding import fold, spelled_out
from portal.text_analysis.languages import LATIN, latin_languages
from portal.text_analysis.terms import pair_terms, text_terms, word_terms
from portal.text_analysis.tokens import ticket_id, ticket_ids, tokens
from tests import timing

# Letters of the scripts with capitals, with and without accents.
LETTERS = st.characters(
    min_codepoint=0x61, max_codepoint=0x24F, categories=["Ll", "Lu"]
) | st.sampled_from("абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґάέήίόύώαβγδςσ")
WORDS = st.text(LETTERS, min_size=1, max_size=20)


@given(st.lists(WORDS, min_size=1, max_size=12))
def test_each_word_of_a_text_finds_it_in_capitals_and_without_accents(words: list[str]) -> None:
    terms = set(text_terms([" ".join(words)]))
    for word in words:
        for typed in (word, word.upper(), word.lower(), word.title(), fold(word)):
            asked = [word_terms(raw) for token in tokens(typed) for raw in token.raw]
            assert all(terms & set(forms) for forms in asked), typed


@given(st.text())
def test_any_text_has_terms_that_are_one_word_each(text: str) -> None:
    terms = text_terms([text])
    assert not [term for term in terms if not term or term != "".join(term.split())]
    assert len(set(terms)) == len(terms)
    assert not [term for term in terms if set(term) & set("\"'\\*:&|!()\x00")]


@given(st.text(alphabet=st.characters(min_codepoint=0x0E01, max_codepoint=0xD7A3), max_size=30))
def test_what_scripts_without_spaces_write_is_cut_into_pairs(text: str) -> None:
    assert all(len(word) <= 2 for token in tokens(text) if token.unspaced for word in token.words)


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Müller", "muller"),
        ("MULLER", "muller"),
        ("Straße", "strasse"),
        ("SMØRREBRØD", "smorrebrod"),
        ("Łódź", "lodz"),
        ("Đorđe", "dorde"),
        ("Ærø", "aero"),
        ("Œuvre", "oeuvre"),
        ("ISTANBUL", "istanbul"),
        ("İstanbul", "istanbul"),
        ("ılık", "ilik"),
        ("Þór", "thor"),
        ("Ёлка", "елка"),
        ("Йод", "йод"),
        ("Ελλάς", "ελλασ"),
        ("Việt", "viet"),
        ("שָׁלוֹם", "שלום"),
    ],
)
def test_case_and_accents_are_folded(written: str, folded: str) -> None:
    assert fold(written) == folded


def test_umlauts_are_found_as_two_letters() -> None:
    assert spelled_out("Müller") == "mueller"
    assert "mueller" in text_terms(["Herr Müller"])


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Hello, the printer does not print since this morning", "en"),
        ("Guten Tag, seit gestern kann ich nicht mehr drucken", "de"),
        ("Bonjour, je ne peux pas imprimer depuis hier", "fr"),
        ("Hola, no puedo imprimir desde ayer y está muy lento", "es"),
        ("Olá, não consigo imprimir desde ontem, muito obrigado", "pt"),
        ("Buongiorno, non posso stampare da ieri e il fax non va", "it"),
    ],
)
def test_the_language_is_told_by_small_words(text: str, language: str) -> None:
    words = [raw for token in tokens(text) for raw in token.raw]
    assert latin_languages(words) == (language,)


def test_a_few_words_may_be_in_any_language() -> None:
    assert latin_languages(["printer", "kaputt"]) == LATIN


def test_each_text_is_bent_in_its_own_language() -> None:
    english = text_terms(["The customer says that it is the printer"])
    assert "_en_printer" in english
    assert not [term for term in english if term.startswith("_s_")]


@pytest.mark.parametrize(
    "spelling", ["REQ000042", "req42", "REQ-42", "REQ 42", "#42", "#000042", " req-0042 "]
)
def test_a_ticket_number_is_known_in_each_spelling(spelling: str) -> None:
    assert ticket_id(spelling) == 42
    assert ticket_ids(f"As in {spelling}.") == [42]


@pytest.mark.parametrize("other", ["42", "REQ", "REQ-0", "#", "##42", "PREQ42", "REQ42b", "№42"])
def test_other_words_are_no_ticket_numbers(other: str) -> None:
    assert ticket_id(other) is None
    assert ticket_ids(other) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("e-mail", {"e", "mail", "email"}),
        ("foo_bar.txt", {"foo", "bar", "txt", "foobartxt"}),
        ("camelCase", {"camelcase", "camel", "case"}),
        ("Win10", {"win10", "win", "10"}),
        ("bob@example.com", {"bob", "example", "com", "bobexamplecom"}),
        ("soft\u00adhyphen", {"softhyphen"}),
        ("我的订单", {"我", "的", "订", "单", "我的", "的订", "订单"}),
    ],
)
def test_joined_words_are_found_from_both_ends(text: str, words: set[str]) -> None:
    assert {word for token in tokens(text) for word in token.words} == words


def test_neighbours_have_a_term_in_their_order() -> None:
    assert list(pair_terms(["exact", "words"])) != list(pair_terms(["words", "exact"]))
    assert set(pair_terms(["exact", "words"])) <= set(text_terms(["These are exact words."]))


@pytest.mark.threat("costly text")
@pytest.mark.parametrize("unit", ["a", "a.", "-a", "\u0301", "ä\u0323", "我", "A1", "_", "@", "ﷺ"])
def test_terms_take_time_in_proportion_to_the_text(unit: str) -> None:
    text = unit * (60_000 // len(unit))
    assert timing.cpu_seconds(lambda: text_terms([text])) < 0.7
