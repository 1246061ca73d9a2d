"""Stems of words by language (Snowball)."""

import re
from functools import cache, lru_cache
from threading import Lock
from typing import Any

from portal.text_analysis.folding import fold
from portal.text_analysis.languages import LATIN, RUSSIAN

_NAMES = {
    "en": "english",
    "de": "german",
    "fr": "french",
    "es": "spanish",
    "pt": "portuguese",
    "it": "italian",
    "ru": "russian",
}
_CYRILLIC = re.compile(r"[а-яёіїєґў]")
_LATIN = re.compile(r"[a-zß-ɏḀ-ỿ'’]+")
_SHORTEST = 3
_FAMILIES = {"en": "en", RUSSIAN: "ru"}
_stemming = Lock()  # stemmers are not thread-safe


@cache
def _stemmer(language: str) -> Any:
    import snowballstemmer  # late: 4 MB of thirty languages, for who searches or writes

    return snowballstemmer.stemmer(_NAMES[language])


@lru_cache(maxsize=100_000)
def stem(word: str, language: str) -> str:
    """The stem of a word in lower case, with its accents."""
    with _stemming:
        return str(_stemmer(language).stemWord(word)) or word


def is_cyrillic(word: str) -> bool:
    """Whether there is a Cyrillic letter in the word in lower case."""
    return _CYRILLIC.search(word) is not None


def languages_of(word: str) -> tuple[str, ...]:
    """The languages that may bend this word in lower case, by its script."""
    if len(word) < _SHORTEST:
        return ()
    if is_cyrillic(word):
        return (RUSSIAN,)
    return LATIN if _LATIN.fullmatch(word) else ()


@lru_cache(maxsize=100_000)
def stem_term(word: str, language: str) -> str:
    """The folded stem, marked with its family: English, Russian, or another language.

    So an English text is not found by what a German ending looks like: printer is not print. A mark
    for each language would make a search of a word ask for twice as many terms.
    """
    return f"_{_FAMILIES.get(language, 's')}_{fold(stem(word.replace('ё', 'е'), language))}"


@lru_cache(maxsize=10_000)
def plain_stem(word: str) -> str:
    """The stem as documents of the first version have it: Russian or English, with accents."""
    word = word.replace("ё", "е")
    return stem(word, RUSSIAN if is_cyrillic(word) else "en")
