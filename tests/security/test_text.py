"""Text from outside is stored as it was meant, or refused with a code."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.security.text import clean, display_filename, normalized
from tests import timing


def line(text: str) -> str:
    return clean(text, max_length=100, multiline=False)


def lines(text: str) -> str:
    return clean(text, max_length=100, multiline=True)


@pytest.mark.parametrize("text", ["", "Hello", "Привет, мир", "日本語", "😀", "a\u0301b", "  a  "])
def test_ordinary_text_passes(text: str) -> None:
    assert lines(text) == unicodedata.normalize("NFC", text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a\0b", "nul"),
        ("\0", "nul"),
        ("a\ud800b", "surrogate"),
        ("\udfff", "surrogate"),
        ("a" * 101, "too_long"),
        ("\n" * 101, "too_long"),
    ],
)
def test_text_that_cannot_be_stored_is_refused_with_a_code(text: str, code: str) -> None:
    for multiline in (True, False):
        with pytest.raises(ValueError, match=f"^{code}$"):
            clean(text, max_length=100, multiline=multiline)


def test_a_text_of_just_the_allowed_length_passes() -> None:
    assert lines("я" * 100) == "я" * 100


def test_the_line_ends_that_browsers_send_are_not_counted_twice() -> None:
    assert clean("a" + "\r\n" * 99, max_length=100, multiline=True) == "a" + "\n" * 99


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\v", "\f", "\x85", "\u2028", "\u2029"])
def test_every_line_end_becomes_one_kind(end: str) -> None:
    assert lines(f"a{end}b") == "a\nb"
    assert line(f"a{end}b") == "a b"


def test_control_characters_are_left_out() -> None:
    assert lines("a\x01\x08\x1b\x7f\x9fb\tc") == "ab\tc"
    assert line("a\x1bb\tc") == "ab c"


def test_one_line_cannot_be_turned_around() -> None:
    assert line("a\u202egpj.exe\u202c\u2066\u2069") == "agpj.exe"
    assert lines("a\u202eb") == "a\u202eb"


@pytest.mark.parametrize(
    "text", [" ", "\n\n", "\u200b", " \u200b \u2028 ", "\u2060\ufeff", "\u3164", "\u2800", "\u0301"]
)
def test_a_text_of_which_nothing_shows_is_empty(text: str) -> None:
    assert line(text) == lines(text) == ""


def test_two_spellings_of_a_letter_become_one() -> None:
    assert line("и\u0306") == "й"


@pytest.mark.threat("costly text")
def test_a_flood_of_combining_marks_costs_no_more_than_its_length() -> None:
    flood = "a" + "\u0301\u0316" * 250_000
    assert timing.cpu_seconds(lambda: normalized("NFKC", flood)) < 0.5
    assert len(normalized("NFKC", flood)) <= 31


@given(st.text())
def test_what_passed_once_passes_unchanged(text: str) -> None:
    for multiline in (True, False):
        try:
            once = clean(text, max_length=1000, multiline=multiline)
        except ValueError:
            continue
        assert clean(once, max_length=1000, multiline=multiline) == once


@pytest.mark.threat("names of files")
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("report.pdf", "report.pdf"),
        ("Отчёт за май.docx", "Отчёт за май.docx"),
        ("..", "file"),
        ("", "file"),
        (" . ", "file"),
        ("/", "file"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\photo.jpg", "photo.jpg"),
        (".htaccess", ".htaccess"),
        ("a\0b\r\nc.txt", "ab c.txt"),
        ("exe\u202egpj.exe", "exegpj.exe"),
        ("a\u200b\ufeff.txt", "a.txt"),
        ("\u2066a\u2069.txt", "a.txt"),
        ("evil.exe. . ", "evil.exe"),
        ('a"b<c>:d|e?f*.txt', "a_b_c__d_e_f_.txt"),
        ("a\ud800.txt", "a.txt"),
        ("  many   spaces .txt", "many spaces .txt"),
    ],
)
def test_an_upload_gets_a_name_that_can_be_shown(name: str, shown: str) -> None:
    assert display_filename(name) == shown


@pytest.mark.parametrize("letter", ["a", "ж", "日", "😀"])
def test_a_long_name_keeps_its_extension(letter: str) -> None:
    shown = display_filename(letter * 500 + ".tar")
    assert shown.endswith(letter + ".tar")
    assert 250 < len(shown.encode()) <= 255


def test_a_long_name_without_an_extension_is_cut() -> None:
    assert display_filename("a" * 500) == "a" * 255
    assert display_filename("a." + "b" * 500) == "a." + "b" * 253


@given(st.text(alphabet=st.characters()))
def test_every_name_can_be_shown(name: str) -> None:
    shown = display_filename(name)
    assert 0 < len(shown.encode()) <= 255
    assert not {"/", "\\", "\0", "\n"} & set(shown)
    assert display_filename(shown) == shown
