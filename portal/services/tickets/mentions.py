"""Finds the colleagues whom a note names: `@username` or `@First Last`, in any case.

Other words after `@` stay text. What is quoted was said before, and is told to nobody again.
"""

import re
from collections import defaultdict
from collections.abc import Iterable

from portal.queries.people import users
from portal.queries.people.users import Colleague

# Not within an address or a word.
_AT = re.compile(r"(?<![\w.@])@(?=\w)")
_SPACES = re.compile(r"\s+")
# What may follow a name. A point or hyphen belongs to a username only before a letter.
_END = re.compile(r"(?![\w@])(?![.-]\w)")


def mentioned(message: str) -> set[int]:
    """Ids of the active colleagues whom `message` names."""
    return _named(message, users.colleagues()) if _AT.search(message) else set()


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
