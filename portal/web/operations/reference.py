"""Writes `docs/settings.md`: every setting and every key, as the code has them.

`python -m portal.web.operations.reference`; a test fails while the page is another.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from portal import i18n
from portal.config import ROOT
from portal.models.people.shortcuts import DEFAULT_KEYS, Shortcut
from portal.settings.registry import GROUP_LABELS, SETTINGS
from portal.web.templating.labels import SHORTCUT_LABELS

PAGE = ROOT / "docs" / "settings.md"
_LINE = re.compile(r"([A-Z_]+)=(.*)")
_HEAD = """# Settings and keys

Made from `.env.example` and the code: `python -m portal.web.operations.reference` writes it anew.

A setting stands in the environment or in `.env`. Where a page is named, administrators may change
it there, which wins.

| setting | as in `.env.example` | page | what it does |
|---|---|---|---|
"""
_KEYS = """
## Keys

On the pages of staff; each person may choose others under Account → Shortcuts.

| key | what it does |
|---|---|
"""


class Explained(NamedTuple):
    """A setting of `.env.example` with the comment above it."""

    name: str
    example: str
    text: str


def page() -> str:
    """The whole page, in English."""
    with i18n.force_locale("en"):
        settings = "".join(map(_setting, explained()))
        keys = "".join(_key(name) for name in Shortcut)
    return f"{_HEAD}{settings}{_KEYS}{keys}"


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


def _setting(row: Explained) -> str:
    spec = SETTINGS.get(row.name)
    where = f"Settings → {GROUP_LABELS[spec.group]}" if spec else ""
    default = f"`{row.example}`" if row.example else ""
    return f"| `{row.name}` | {default} | {where} | {_cell(row.text)} |\n"


def _key(name: Shortcut) -> str:
    return f"| `{DEFAULT_KEYS[name]}` | {_cell(str(SHORTCUT_LABELS[name]))} |\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
