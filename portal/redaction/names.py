"""Where names stand in a text, also as Russian cases bend them."""

import re
from collections.abc import Iterable

_MIN_LENGTH = 2
_MIN_STEM = 3
_RUSSIAN = re.compile(r"[а-яё]+", re.IGNORECASE)
_ENDING = re.compile(r"[аяйьоеы]{1,2}$", re.IGNORECASE)
# Names that are words as well: only with a capital.
_WORDS = frozenset(
    {
        *("art", "bill", "bob", "chase", "dean", "drew", "faith", "frank", "grace"),
        *("grant", "hope", "iris", "jack", "joy", "june", "mark", "max", "may", "mike"),
        *("miles", "norm", "pat", "ray", "rich", "rob", "rose", "sky", "star", "summer"),
        *("sue", "will", "brown", "green", "white", "black", "young", "long", "short"),
        *("king", "cook", "baker", "smith", "stone", "day", "вера", "надежда", "любовь"),
        *("лев", "мир", "роза", "слава"),
    }
)


def pattern(people: Iterable[str], places: Iterable[str] = ()) -> re.Pattern[str] | None:
    """Finds each name as a whole, and of people its words alone; None where there is no name."""
    persons = {" ".join(name.split()) for name in people}
    parts = {part for name in persons for part in re.split(r"[\s@]+", name)}
    whole = persons | {" ".join(name.split()) for name in places}
    wanted = sorted(
        {name for name in whole | parts if len(name) >= _MIN_LENGTH and _has_letter(name)},
        key=lambda name: (-len(name), name),
    )
    if not wanted:
        return None
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(_form, wanted))})(?!\w)")


def _form(name: str) -> str:
    words = r"\s{1,3}".join(map(_word, name.split()))
    return words if name.casefold() in _WORDS else f"(?i:{words})"


def _word(word: str) -> str:
    stem = _ENDING.sub("", word)
    if _RUSSIAN.fullmatch(word) and len(stem) >= _MIN_STEM:
        return f"{re.escape(stem)}[а-яё]{{0,3}}"
    return re.escape(word)


def _has_letter(name: str) -> bool:
    return any(letter.isalpha() for letter in name)
