"""Estimates password strength by zxcvbn, extended by Russian words and keyboard layout.

zxcvbn knows English words and Latin keyboards only.
"""

import re
from functools import cache

from portal.security.people.passwords import MAX_LENGTH, MIN_LENGTH
from portal.security.people.weak_words import RUSSIAN

# Eight characters at random are 10^8 guesses. A word with a year behind it is less than this.
_ENOUGH = 7.5  # as a power of ten
# Further characters do not change the result, and the time is quadratic.
_READ = 72
_CYRILLIC = "ёйцукенгшщзхъфывапролджэячсмитьбю"
_LATIN = "`qwertyuiop[]asdfghjkl;'zxcvbnm,."
_TO_LATIN = str.maketrans(_CYRILLIC + _CYRILLIC.upper(), _LATIN + _LATIN.upper())
_SEPARATORS = re.compile(r"[\W_]+")


def find_problem(password: str, about: tuple[str, ...] = ()) -> str | None:
    """`short_password`, `long_password` or `weak_password`; None for a good password.

    `about` holds personal texts; they and their parts count as guessable.
    """
    if len(password) < MIN_LENGTH:
        return "short_password"
    if len(password) > MAX_LENGTH:
        return "long_password"
    # Imported late: its word lists take nine megabytes.
    from zxcvbn_rs_py import zxcvbn

    head = password[:_READ]
    words = [*_parts(about), *_forbidden()]
    # Guessers try "йцукен123" as they try "qwerty123".
    readings = {head, head.translate(_TO_LATIN)}
    weak = min(zxcvbn(reading, words).guesses_log10 for reading in readings) < _ENOUGH
    return "weak_password" if weak else None


def check(password: str) -> None:
    """Raise ValueError with the problem of a password, as far as it is one for everybody."""
    if (problem := find_problem(password)) is not None:
        raise ValueError(problem)


def _parts(texts: tuple[str, ...]) -> list[str]:
    """The texts in lower case, and their words."""
    found = {text.lower() for text in texts}
    for text in texts:
        found.update(part for part in _SEPARATORS.split(text.lower()) if len(part) > 2)
    return sorted(found)


@cache
def _forbidden() -> list[str]:
    return [*RUSSIAN, *(word.translate(_TO_LATIN) for word in RUSSIAN), "lodge", "support"]
