"""What single keys do on the pages of staff, and which key each person has chosen for it."""

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache

# What all layouts have, or at its place: letters of others stand for the Latin one there.
ALLOWED = frozenset("abcdefghijklmnopqrstuvwxyz/?[];'\\`")


class Shortcut(StrEnum):
    """In the order of the help."""

    DOWN = "down"
    UP = "up"
    OPEN = "open"
    SELECT = "select"
    NEXT = "next"
    PREVIOUS = "previous"
    REPLY = "reply"
    NOTE = "note"
    ASSIGN = "assign"
    STATUS = "status"
    PRIORITY = "priority"
    TAG = "tag"
    SOLVE = "solve"
    MACRO = "macro"
    UNDO = "undo"
    SEARCH = "search"
    VIEWS = "views"
    HELP = "help"


DEFAULT_KEYS: Mapping[Shortcut, str] = dict(zip(Shortcut, "jkox][rnasptemz/g?", strict=True))


MAX_KEY = 1
_NO_KEY = "-"


@lru_cache(maxsize=256)
def keys_of(chosen: str) -> Mapping[Shortcut, str]:
    """The key of each, empty for none, where `chosen` is what `to_text` has written."""
    pairs = (pair.partition("=") for pair in chosen.split())
    own = {
        Shortcut(name): "" if key == _NO_KEY else key
        for name, _equals, key in pairs
        if name in _NAMES and (key == _NO_KEY or key in ALLOWED)
    }
    # A newer version may give a key to something that somebody uses for something else.
    usual = {name: "" if key in own.values() else key for name, key in DEFAULT_KEYS.items()}
    return {**usual, **own}


_NAMES = frozenset(Shortcut)


def to_text(keys: Mapping[Shortcut, str]) -> str:
    """Those that differ from the usual ones, as `User.shortcuts` keeps them."""
    changed = {name: key or _NO_KEY for name, key in keys.items() if key != DEFAULT_KEYS[name]}
    return " ".join(f"{name}={key}" for name, key in changed.items())
