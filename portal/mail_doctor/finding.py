"""What the mail doctor found, and what to do about it."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from portal.i18n import LazyText, lazy_pgettext


class Level(StrEnum):
    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


LEVEL_LABELS: dict[str, LazyText] = {
    Level.OK: lazy_pgettext("finding", "fine"),
    Level.WARNING: lazy_pgettext("finding", "look"),
    Level.WRONG: lazy_pgettext("finding", "wrong"),
}


class Finding(NamedTuple):
    """`detail` is what a server or a record says, in its words."""

    level: Level
    sentence: str
    detail: str = ""


class Examined(NamedTuple):
    """The findings about one thing, such as a domain."""

    name: str
    findings: tuple[Finding, ...]


def ok(sentence: str, detail: str = "") -> Finding:
    return Finding(Level.OK, sentence, detail)


def warning(sentence: str, detail: str = "") -> Finding:
    return Finding(Level.WARNING, sentence, detail)


def wrong(sentence: str, detail: str = "") -> Finding:
    return Finding(Level.WRONG, sentence, detail)


def is_wrong(examined: Iterable[Examined]) -> bool:
    """Whether anything is."""
    return any(one.level is Level.WRONG for group in examined for one in group.findings)
