"""The catalogue is complete, and what it says fits what the code asks for."""

import ast
import re
import tomllib
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po

from portal import i18n
from portal.config import ROOT
from tests.architecture.source import modules

KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "lazy_gettext": None,
    "lazy_pgettext": DEFAULT_KEYWORDS["pgettext"],
}
Text = tuple[str | tuple[str, ...], str | None]
# States, kinds and degrees: in other languages they agree with what they are said of.
SAID_OF_SOMETHING = frozenset(
    """
    Bad Cancelled Change Closed Confirmed Deleted Delivered Disabled Done Enabled Expired Failed
    Failing Filed Finished Good High Low Medium New Open Parked Pending Queued Read Ready Refused
    Request Running Sent Solved Undone Updated Urgent Waiting
    """.split()  # noqa: SIM905
)
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")


@cache
def texts() -> set[Text]:
    """Every text that code and templates hand to gettext, with its context."""
    mappings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["babel"]["mappings"]
    methods = [(mapping["pattern"], mapping["method"]) for mapping in mappings]
    found = extract_from_dir(str(ROOT), methods, keywords=KEYWORDS, directory_filter=None)
    return {(message, context) for _file, _line, message, _comments, context in found}


@pytest.fixture(scope="module")
def russian() -> Catalog:
    with (i18n.CATALOGUES / "ru" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale="ru")


def test_every_text_is_translated(russian: Catalog):
    known = {
        (tuple(message.id) if message.pluralizable else message.id, message.context): message
        for message in russian
        if message.id
    }
    missing = sorted(str(text) for text in texts() - known.keys())
    assert not missing
    for message in known.values():
        strings = message.string if message.pluralizable else (message.string,)
        assert all(strings), message.id
        assert not message.fuzzy, message.id


def test_no_text_hides_within_an_f_string() -> None:
    """Those are not looked into; a text is found if it is asked for elsewhere, too."""
    known = {text if isinstance(text, str) else text[0] for text, _context in texts()}
    hidden = [
        (str(module), call.args[0].value)
        for module in modules("portal", "jobs")
        for string in ast.walk(module.tree)
        if isinstance(string, ast.JoinedStr)
        for call in ast.walk(string)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in {"_", "gettext", "ngettext"}
        and isinstance(call.args[0], ast.Constant)
        and call.args[0].value not in known
    ]
    assert not hidden


def test_the_catalogue_has_nothing_that_nobody_asks_for(russian: Catalog):
    asked = {(text if isinstance(text, str) else text[0], context) for text, context in texts()}
    left = [
        m.id
        for m in russian
        if m.id and (m.id[0] if m.pluralizable else m.id, m.context) not in asked
    ]
    assert not left


def test_a_word_that_is_said_of_several_things_says_of_which():
    """`pgettext("key", "Expired")`: a key and a copy expire with different endings in Russian."""
    assert not {text for text, context in texts() if text in SAID_OF_SOMETHING and not context}


def test_one_word_is_said_of_mails_and_of_requests_in_its_own_way():
    with i18n.force_locale("ru"):
        ours, theirs = (i18n.pgettext(of, "Waiting") for of in ("mails", "request for one's data"))
    assert (ours, theirs) == ("Ждут отправки", "Ожидает")


def test_translations_fill_in_what_the_original_fills_in(russian: Catalog):
    for message in russian:
        originals = message.id if message.pluralizable else (message.id,)
        strings = message.string if message.pluralizable else (message.string,)
        wanted = set().union(*(PLACEHOLDER.findall(text) for text in originals))
        for text in strings if message.id else ():
            assert set(PLACEHOLDER.findall(text)) <= wanted, message.id
            assert text.count("%") == len(PLACEHOLDER.findall(text)) + 2 * text.count("%%")


@pytest.mark.parametrize(
    ("number", "text"), [(1, "1 заявка изменена."), (3, "3 заявки изменены."), (11, "11 заявок")]
)
def test_russian_counts_in_three_forms(number: int, text: str):
    with i18n.force_locale("ru"):
        assert i18n.ngettext(
            "%(num)d ticket changed.", "%(num)d tickets changed.", number
        ).startswith(text)


def test_a_list_shows_times_in_the_readers_zone_and_words():
    now = datetime(2026, 11, 21, 22, 30, tzinfo=UTC)
    moments = [now, datetime(2026, 3, 5, tzinfo=UTC), datetime(2024, 2, 29, 12, tzinfo=UTC)]
    with i18n.force_locale("en", "UTC"):
        assert [i18n.short_moment(m, now) for m in moments] == ["22:30", "Mar 5", "Feb 29 2024"]
    with i18n.force_locale("ru", "Asia/Yekaterinburg"):
        assert [i18n.short_moment(m, now) for m in moments] == [
            "03:30", "5 мар.", "29 февр. 2024"
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("past", "english", "russian"),
    [
        (timedelta(seconds=5), "1 min", "1 мин"),
        (timedelta(minutes=59, seconds=59), "59 min", "59 мин"),
        (timedelta(minutes=60), "1 h", "1 ч"),
        (timedelta(hours=23, minutes=59), "23 h", "23 ч"),
        (timedelta(days=1), "1 d", "1 дн."),
        (timedelta(days=364), "364 d", "364 дн."),
        (timedelta(days=800), "2 y", "2 г."),
        (timedelta(seconds=-90), "1 min", "1 мин"),
    ],
)
def test_how_long_ago_something_was_is_told_in_one_unit(
    past: timedelta, english: str, russian: str
):
    now = datetime(2026, 11, 21, 22, 30, tzinfo=UTC)
    for locale, expected in (("en", english), ("ru", russian)):
        with i18n.force_locale(locale):
            assert i18n.ago(now - past, now) == expected


def test_a_zone_or_language_that_is_unknown_falls_back():
    with i18n.force_locale("xx", "Mars/Olympus"):
        assert i18n.current_locale() == "en"
        assert str(i18n.current_timezone()) == "UTC"


def test_languages_are_called_by_their_names():
    assert i18n.language_name("de") == "German"
    with i18n.force_locale("ru"):
        assert i18n.language_name("EN") == "английский"
        assert i18n.language_name("Klingon-2") == "Klingon-2"
