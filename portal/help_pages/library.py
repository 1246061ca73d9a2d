"""The pages of the guide as they are read: from `docs/guide/<language>/<chapter>/<name>.md`.

Each is read and rendered when somebody first asks for the guide in its language.
"""

import re
from functools import cache
from typing import NamedTuple

from flask import url_for
from markupsafe import Markup

from portal.config import ROOT
from portal.help_pages.contents import CHAPTERS, Chapter
from portal.help_pages.rendering import Section, render

FOLDER = ROOT / "docs" / "guide"
_HEAD = re.compile(r"# (?P<title>.+)\n\n(?P<lead>.+)\n")


class Head(NamedTuple):
    """`lead` is the line below the title, which says what one wants; `body` what follows."""

    title: str
    lead: str
    body: str


class GuidePage(NamedTuple):
    """A page; `sections` are for the search: the first has what stands above all headings."""

    chapter: str
    name: str
    title: str
    lead: str
    html: Markup
    sections: tuple[Section, ...]

    @property
    def url(self) -> str:
        return url_for("help.page", chapter=self.chapter, name=self.name)


@cache
def guide(locale: str) -> dict[str, dict[str, GuidePage]]:
    """The pages of each chapter by their names, in order. Raises OSError if one is not there."""
    return {chapter.name: _chapter(locale, chapter) for chapter in CHAPTERS}


def head(path: str) -> Head:
    """The parts of the file at `path` below `docs/guide`."""
    text = (FOLDER / path).read_text("utf-8")
    found = _HEAD.match(text)
    if found is None:
        raise ValueError(f"{path} does not begin with a title and a line that says what for")
    return Head(found["title"], found["lead"], text[found.end() :])


def _chapter(locale: str, chapter: Chapter) -> dict[str, GuidePage]:
    return {entry.name: _page(locale, chapter.name, entry.name) for entry in chapter.entries}


def _page(locale: str, chapter: str, name: str) -> GuidePage:
    title, lead, body = head(f"{locale}/{chapter}/{name}.md")
    html, sections = render(body, chapter)
    return GuidePage(chapter, name, title, lead, Markup(html), sections)  # noqa: S704 - it is ours
