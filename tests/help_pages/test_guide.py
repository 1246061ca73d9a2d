"""The guide never lies: what it names is there, and says the same in each language."""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from babel.messages.pofile import read_po
from flask import Flask
from werkzeug.exceptions import HTTPException

from portal import i18n
from portal.account.pages import GROUPS as ACCOUNT_RAIL
from portal.admin.pages import GROUPS as ADMIN_RAIL
from portal.help_pages.contents import CHAPTERS, place_of
from portal.help_pages.library import FOLDER, GuidePage, guide
from portal.i18n import LOCALES

CODE = re.compile(r"(?ms)^ *```.*?^ *```$|``.+?``|`[^`\n]+`")
BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)]+)\)", re.DOTALL)
PICTURE = re.compile(r"!\[([^\]]*)\]\(([^)]+)\)", re.DOTALL)
HEADING = re.compile(r"^#+ ", re.MULTILINE)
ALL = tuple(chapter.name for chapter in CHAPTERS)
# A chapter's pages lead to those that all of its readers may open.
READABLE = {
    "customers": {"customers", "integrators"},
    "integrators": {"customers", "integrators"},
    "staff": {"customers", "integrators", "staff"},
    "admins": {"customers", "integrators", "staff", "admins"},
    "operators": set(ALL),
}


class File(NamedTuple):
    locale: str
    chapter: str
    name: str

    @property
    def text(self) -> str:
        """Without code: what stands in it is not ours to check."""
        return CODE.sub("", (FOLDER / self.locale / f"{self.chapter}/{self.name}.md").read_text())


def files(*locales: str) -> Iterator[File]:
    for locale in locales or LOCALES:
        for chapter in CHAPTERS:
            yield from (File(locale, chapter.name, entry.name) for entry in chapter.entries)


@cache
def translations() -> dict[str, set[str]]:
    """Every text of the program, and what it is in Russian."""
    found: dict[str, set[str]] = {}
    with (i18n.CATALOGUES / "ru" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        for message in read_po(file, locale="ru"):
            plural = message.pluralizable
            original = message.id[0] if plural else message.id
            found.setdefault(original, set()).add(message.string[0] if plural else message.string)
    return found


def labels(file: File) -> list[str]:
    return [" ".join(label.split()) for label in BOLD.findall(file.text)]


def test_every_file_is_a_page_and_every_page_a_file() -> None:
    for locale in LOCALES:
        there = {str(path.relative_to(FOLDER / locale)) for path in (FOLDER / locale).rglob("*.md")}
        assert there == {f"{file.chapter}/{file.name}.md" for file in files(locale)}


def test_every_bold_word_is_a_label_of_the_program() -> None:
    unknown = [
        (f.name, label) for f in files("en") for label in labels(f) if label not in translations()
    ]
    assert not unknown


def test_the_same_labels_are_named_in_russian() -> None:
    wrong = []
    for english in files("en"):
        theirs = labels(english._replace(locale="ru"))
        known = [translations()[label] for label in labels(english)]
        wrong += [(english.name, texts) for texts in known if texts.isdisjoint(theirs)]
        meant = set().union(*known)
        wrong += [(english.name, label) for label in theirs if label not in meant]
    assert not wrong


def test_both_languages_have_the_same_headings_links_pictures_and_code() -> None:
    for english in files("en"):
        russian = english._replace(locale="ru")
        for pattern in (HEADING, LINK, PICTURE):
            ours, theirs = (pattern.findall(file.text) for file in (english, russian))
            assert len(ours) == len(theirs), (english.name, pattern.pattern)
        assert targets(english) == targets(russian), english.name


def targets(file: File) -> list[str]:
    """Where the links of a file lead: headings, and the folder of Russian pictures, differ."""
    return sorted(link.partition("#")[0].replace("/ru/", "/") for link in LINK.findall(file.text))


@pytest.mark.parametrize("locale", LOCALES)
def test_no_link_is_dead(app: Flask, locale: str) -> None:
    addresses = app.url_map.bind("localhost")
    dead = []
    with app.test_request_context():
        pages = guide(locale)
    for file in files(locale):
        page = pages[file.chapter][file.name]
        for link in LINK.findall(file.text):
            url = urlsplit(link)
            if url.scheme == "https":
                continue
            try:
                if link.startswith("/"):
                    addresses.match(url.path)
                    continue
                target = FOLDER / locale / file.chapter / (url.path or f"{file.name}.md")
                target = target.resolve()
                assert target.is_file()
                if target.suffix == ".md":
                    assert target.parent.name in READABLE[file.chapter]
                    assert not url.fragment or url.fragment in anchors(pages, target)
            except (AssertionError, HTTPException):
                dead.append((file, link))
        assert ".md" not in "".join(re.findall(r'href="([^"]*)"', page.html)), file
    assert not dead


def anchors(pages: dict[str, dict[str, GuidePage]], target) -> set[str]:
    return {section.anchor for section in pages[target.parent.name][target.stem].sections}


def test_no_page_names_the_program_where_the_desk_has_a_name_of_its_own() -> None:
    for file in files():
        assert "Lodge" not in (FOLDER / file.locale / file.chapter / f"{file.name}.md").read_text()


def test_every_page_of_a_rail_has_help_and_every_help_a_page(app: Flask) -> None:
    rails = [page.endpoint for group in (*ACCOUNT_RAIL, *ADMIN_RAIL) for page in group.pages]
    assert not [endpoint for endpoint in rails if place_of(endpoint, ALL) is None]
    named = {
        each for chapter in CHAPTERS for entry in chapter.entries for each in entry.about.split()
    }
    assert named <= set(app.view_functions)


def test_pictures_are_few_small_and_used() -> None:
    pictures = {path: path.stat().st_size for path in (FOLDER / "pictures").rglob("*.png")}
    used = {
        (FOLDER / file.locale / file.chapter / path).resolve()
        for file in files()
        for words, path in PICTURE.findall(file.text)
        if words
    }
    assert used <= set(pictures)
    assert len(pictures) <= 12
    assert max(pictures.values()) < 150_000
