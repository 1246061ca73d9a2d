"""Terms of texts and of searched words: what the full-text index holds, and is asked for.

A word is found by itself, folded, and by its stem in the language of the text, which stands in the
term: whoever types a word has no language, and is asked for its stems in all of them. Neighbouring
words make a term of their own, for searches of exact words.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise, starmap
from zlib import crc32

from portal.text_analysis import languages, stemming
from portal.text_analysis.folding import fold, spelled_out
from portal.text_analysis.tokens import Token, ticket_ids, tokens, visible

# Stands beside each document: raise it with every change that should reach old texts.
ANALYSIS_VERSION = 2
_PAIR_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_PAIR_LENGTH = 4


def text_terms(texts: Iterable[str]) -> list[str]:
    """The terms of `texts`, which are in one language, each once: the words first."""
    words: dict[str, None] = {}
    pairs: dict[str, None] = {}
    raw: dict[str, None] = {}
    for text in texts:
        found = list(tokens(text))
        for token in dict.fromkeys(found):
            words.update(dict.fromkeys(token.words))
            if not token.unspaced:
                raw.update(dict.fromkeys((*token.raw, token.raw_whole)))
        pairs.update(dict.fromkeys(pair_terms(_sequence(found))))
        words.update((number_term(ticket_id), None) for ticket_id in ticket_ids(visible(text)))
    return [*words, *dict.fromkeys(_stems(raw)), *pairs]


def name_words(name: str) -> list[str]:
    """The folded words of somebody's name, each once."""
    return list(dict.fromkeys(word for token in tokens(name) for word in token.words))


def number_term(ticket_id: int) -> str:
    """The term of a ticket's number, however it is written."""
    return f"req{ticket_id}"


def pair_terms(words: Iterable[str]) -> Iterator[str]:
    """A term for each two neighbours. Rarely the same for others: ask for the words, too."""
    return starmap(_pair_term, pairwise(words))


@lru_cache(maxsize=10_000)
def word_terms(raw: str) -> tuple[str, ...]:
    """The terms by which texts with a form of this word in lower case are found."""
    stems = [stemming.stem_term(raw, language) for language in stemming.languages_of(raw)]
    # Documents of the first version have stems without language, with their accents.
    first_version = [stemming.plain_stem(raw)] if stems else []
    return tuple(dict.fromkeys([fold(raw), spelled_out(raw), *first_version, *stems]))


def _sequence(found: Iterable[Token]) -> Iterator[str]:
    return (part for token in found if not token.unspaced for part in token.parts)


def _stems(raw: Iterable[str]) -> Iterator[str]:
    """The stems of words in lower case, by the languages of the text that they make."""
    by_script: dict[str, tuple[str, ...]] = {word: stemming.languages_of(word) for word in raw}
    latin = [word for word, known in by_script.items() if known == languages.LATIN]
    likely = languages.latin_languages(_telling(by_script)) if latin else ()
    for word, known in by_script.items():
        for language in likely if known == languages.LATIN else known:
            yield stemming.stem_term(word, language)


def _telling(words: Iterable[str]) -> list[str]:
    """Words that tell which Latin language it is: also the short ones that no stemmer bends."""
    return [word for word in words if word[:1].isalpha() and not stemming.is_cyrillic(word)]


@lru_cache(maxsize=100_000)
def _pair_term(first: str, second: str) -> str:
    number = crc32(f"{first} {second}".encode())
    letters = (_PAIR_LETTERS[number >> 5 * place & 31] for place in range(_PAIR_LENGTH))
    return "_h" + "".join(letters)
