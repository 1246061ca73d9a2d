"""Writes those tables of the guide that the code knows, and the list of its pages.

`python -m portal.help_pages.reference`; a test fails while a file is another. In a page with such a
table it is the last thing, and what stands above its rows is written by hand. So is what settings
do in other languages than English: there the last cell of a row is kept.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from portal import i18n
from portal.config import ROOT
from portal.help_pages.contents import CHAPTERS
from portal.help_pages.library import FOLDER, head
from portal.i18n import LOCALES
from portal.i18n import gettext as _
from portal.models.people.shortcuts import DEFAULT_KEYS, Shortcut
from portal.settings.registry import SETTINGS
from portal.settings.setting import GROUP_LABELS
from portal.web.templating.labels import LANGUAGE_NAMES, SHORTCUT_LABELS
from portal.web.templating.search_texts import FIELD_EXAMPLES, WORD_EXAMPLES

_LINE = re.compile(r"([A-Z][A-Z0-9_]*)=(.*)")
_ROWS = re.compile(r"(?P<above>.*^\|[-|]+\|\n)(?P<rows>.*)", re.MULTILINE | re.DOTALL)
_FORMER = re.compile(r"^\| `(\w+)` .*\| (.*) \|$", re.MULTILINE)
_INDEX = """# The guide

One page for each thing that somebody wants to do. The desk itself shows these pages at `/help`, to
those whom they concern, with a search.
"""


class Explained(NamedTuple):
    """A setting of `.env.example` with the comment above it."""

    name: str
    example: str
    text: str


def files() -> dict[str, str]:
    """What is to stand in each of the files that are made, by its path below `docs/guide`."""
    made = {
        f"{locale}/{page}.md": _with_rows(locale, page, rows)
        for locale in LOCALES
        for page, rows in _TABLES.items()
    }
    return made | {"README.md": _index()}


def explained() -> Iterator[Explained]:
    comment: list[str] = []
    named = False
    for line in (ROOT / ".env.example").read_text("utf-8").splitlines()[_after_the_head() :]:
        if line.startswith("#"):
            comment = [] if named else comment
            named = False
            comment.append(line.removeprefix("#").strip())
        elif found := _LINE.fullmatch(line):
            named = True
            yield Explained(found[1], found[2], " ".join(comment))
        elif not line:
            comment, named = [], False


def _after_the_head() -> int:
    lines = (ROOT / ".env.example").read_text("utf-8").splitlines()
    return lines.index("")


def _with_rows(locale: str, page: str, rows: Callable[[Mapping[str, str]], Iterator[str]]) -> str:
    text = (FOLDER / locale / f"{page}.md").read_text("utf-8")
    found = _ROWS.fullmatch(text)
    if found is None:
        raise ValueError(f"{page} has no table")
    former = {} if locale == i18n.DEFAULT_LOCALE else dict(_FORMER.findall(found["rows"]))
    with i18n.force_locale(locale):
        return found["above"] + "".join(f"| {row} |\n" for row in rows(former))


def _settings(former: Mapping[str, str]) -> Iterator[str]:
    for row in explained():
        spec = SETTINGS.get(row.name)
        where = f"{_('Settings')} → {GROUP_LABELS[spec.group]}" if spec else ""
        example = f"`{row.example}`" if row.example else ""
        text = former.get(row.name, _cell(row.text) if _is_english() else "")
        yield f"`{row.name}` | {example} | {where} | {text}"


def _keys(_former: Mapping[str, str]) -> Iterator[str]:
    for name in Shortcut:
        yield f"`{DEFAULT_KEYS[name]}` | {_cell(str(SHORTCUT_LABELS[name]))}"


def _searches(_former: Mapping[str, str]) -> Iterator[str]:
    for example in (*WORD_EXAMPLES, *FIELD_EXAMPLES.values()):
        yield f"`{example.q}` | {_cell(str(example.text))}"


_TABLES = {
    "staff/keys": _keys,
    "staff/find-tickets": _searches,
    "operators/settings": _settings,
}


def _index() -> str:
    names = dict(LANGUAGE_NAMES)
    return _INDEX + "".join(f"\n## {names[locale]}\n{_pages(locale)}" for locale in LOCALES)


def _pages(locale: str) -> str:
    lines = []
    with i18n.force_locale(locale):
        for chapter in CHAPTERS:
            lines.append(f"\n{chapter.label}\n\n")
            for entry in chapter.entries:
                path = f"{locale}/{chapter.name}/{entry.name}.md"
                lines.append(f"- [{head(path).title}]({path})\n")
    return "".join(lines)


def _is_english() -> bool:
    return i18n.current_locale() == i18n.DEFAULT_LOCALE


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    for path, text in files().items():
        (FOLDER / path).write_text(text, "utf-8")
