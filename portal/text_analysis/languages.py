"""Tells the language of a text by its small words and its letters, for choosing a stemmer."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache

# Whose words a stemmer bends, by script.
RUSSIAN = "ru"
LATIN = ("en", "de", "fr", "es", "pt", "it")
# A text of fewer different words may be anything; then each language that is possible counts.
_SHORT = 12

_SMALL_WORDS: Mapping[str, str] = {
    "en": """the and is of to in that it for on with as are this have has not was but you be we my
        your can cannot could will would when what which there they from by an at our please thanks
        hello after does did how been i or if no do so all any were their me he she""",
    "de": """der die das und ist nicht ein eine einen einem einer zu den dem des mit auf für von im
        ich wir sie es auch sich bei nach aus wie kann können wird werden habe haben hat bitte danke
        hallo noch nur wenn dass oder aber unser unsere ihre ihr mein meine sind war seit vom zum
        zur kein keine in am""",
    "fr": """le la les de des du un une et est pas ne je nous vous il elle ils que qui dans pour sur
        avec au aux ce cette ces mon ma mes notre nos votre vos merci bonjour être avoir ai avons
        plus par mais où depuis quand comme son sa ses sont été c'est en à l d j n qu""",
    "es": """el la los las de del un una unos y es no que en por para con se su sus mi mis nuestro
        nuestra al lo le les pero como cuando gracias hola está están hay tiene tengo puede puedo
        este esta desde muy ya más donde ha han son fue me favor usted""",
    "pt": """o a os as de do da dos das um uma e é não que em no na nos nas por para com se seu sua
        meu minha nosso nossa ao à mas como quando obrigado obrigada olá está estão há tem tenho
        pode posso este esta desde muito já mais onde são foi eu você pelo pela""",
    "it": """il lo la i gli le di del della dei delle un una e è non che in per con si suo sua mio
        mia nostro nostra al alla ma come quando grazie ciao ciao buongiorno sono ho abbiamo ha
        hanno può posso questo questa da dal dalla più dove anche ancora nel nella vi ci""",
}
_LETTERS: Mapping[str, str] = {
    **dict.fromkeys("äß", "de"),
    **dict.fromkeys("êèëœùû", "fr"),
    **dict.fromkeys("ñ¿¡", "es"),
    **dict.fromkeys("ãõ", "pt"),
    **dict.fromkeys("ò", "it"),
}


# Of fewer words nothing is said: a name and a number are of no language.
_TELLING = 4
_WORD = re.compile(r"[^\W\d_]+")


def possible_languages(text: str) -> tuple[str, ...]:
    """The languages that `text` may be in, the likeliest first; none when it tells too little."""
    words = frozenset(word.lower() for word in _WORD.findall(text))
    cyrillic = sum("\u0400" <= word[0] <= "\u04ff" for word in words)
    if len(words) < _TELLING:
        return ()
    if cyrillic * 2 > len(words):
        return (RUSSIAN,)
    latin = [word for word in words if word[0] < "\u0250"]
    return latin_languages(latin) if len(latin) * 2 > len(words) else ()


def _shares() -> dict[str, dict[str, float]]:
    """What each small word says for each language: less if several have it."""
    languages: dict[str, list[str]] = {}
    for language, words in _SMALL_WORDS.items():
        for word in dict.fromkeys(words.split()):
            languages.setdefault(word, []).append(language)
    return {word: dict.fromkeys(known, 1 / len(known)) for word, known in languages.items()}


_SHARES = _shares()


def latin_languages(words: Iterable[str]) -> tuple[str, ...]:
    """The likely languages of Latin `words` in lower case, the likeliest first."""
    return _likely(frozenset(words))


@lru_cache(maxsize=256)
def _likely(words: frozenset[str]) -> tuple[str, ...]:
    score: Counter[str] = Counter()
    for word in words:
        score.update(_SHARES.get(word, {}))
        if not word.isascii():
            score.update(_LETTERS[letter] for letter in set(word) & _LETTERS.keys())
    if not score:
        return LATIN if len(words) <= _SHORT else LATIN[:1]
    (first, best), *others = score.most_common()
    if best >= 2 and (not others or best >= 1.5 * others[0][1]):
        return (first,)
    if best < 2 and len(words) <= _SHORT:
        return LATIN
    return (first, *(language for language, points in others[:1] if points >= best / 2))
