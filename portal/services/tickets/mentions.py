"""Finds and marks the colleagues whom a note names: `@username` or `@First Last`, in any case.

Other words after `@` stay text. What is quoted was said before, and is told to nobody again.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache
from html import escape

from portal.queries.people import users
from portal.queries.people.users import Colleague

# Not within an address or a word.
_AT = re.compile(r"(?<![\w.@])@(?=\w)")
_SPACES = re.compile(r"\s+")
_TAG = re.compile(r"(<[^>]*>)")
# What may follow a name. A point or hyphen belongs to a username only before a letter.
_END = re.compile(r"(?![\w@])(?![.-]\w)")


def mentioned(message: str) -> set[int]:
    """Ids of the active colleagues whom `message` names."""
    return _named(message, users.colleagues()) if _AT.search(message) else set()


def mark(notes: Iterable[str]) -> list[str]:
    """The HTML of notes, with the names of colleagues marked as such."""
    notes = list(notes)
    if not any(map(_AT.search, notes)):
        return notes
    names = {name for one in users.colleagues() for name in (one.username, one.name) if name}
    pattern = _pattern(frozenset(names))
    return [_marked(note, pattern) for note in notes]


@lru_cache(maxsize=4)
def _pattern(names: frozenset[str]) -> re.Pattern[str]:
    """A colleague's name after `@` in a text of HTML, the longest that fits."""
    longest_first = sorted(names, key=len, reverse=True)
    words = "|".join(r"\s+".join(map(re.escape, escape(name).split())) for name in longest_first)
    return re.compile(f"{_AT.pattern}(?:{words}){_END.pattern}", re.IGNORECASE)


def _marked(html: str, pattern: re.Pattern[str]) -> str:
    parts, kept = _TAG.split(html), 0  # texts, and the tags between them
    for at, part in enumerate(parts):
        if at % 2:
            # Of what is quoted nobody is told.
            kept += {"<blockquote>": 1, "</blockquote>": -1}.get(part, 0)
        elif not kept:
            parts[at] = pattern.sub(r'<span class="mention">\g<0></span>', part)
    return "".join(parts)


def _named(message: str, colleagues: Iterable[Colleague]) -> set[int]:
    """Two colleagues of one name are both meant."""
    names: dict[str, set[int]] = defaultdict(set)
    for one in colleagues:
        for name in filter(None, (one.username, one.name)):
            names[_normal(name)].add(one.id)
    own = [line for line in message.splitlines() if not line.lstrip().startswith(">")]
    text = _normal("\n".join(own))
    longest_first = sorted(names, key=len, reverse=True)
    found: set[int] = set()
    for at in _AT.finditer(text):
        fits = (names[n] for n in longest_first if _begins(text, n, at.end()))
        found |= next(fits, set())
    return found


def _begins(text: str, name: str, place: int) -> bool:
    return text.startswith(name, place) and bool(_END.match(text, place + len(name)))


def _normal(text: str) -> str:
    return _SPACES.sub(" ", text).casefold()
