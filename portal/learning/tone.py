"""The tone of a message, English or Russian, by the words that show it: a hint, no judgement."""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

_MAX_TEXT = 20_000
# Begins of words, so that Russian endings and English forms are met. A star stands for any end.
_ANGRY = """outrag* disgust* furious ridiculous unacceptable scandal* terribl* horribl* awful
    useless
    incompeten* liar* lies scam* fraud* lawyer* lawsuit sue refund* worst never-again fed-up
    возмут* возмущ* безобраз* отвратит* ужасн* кошмар* неприемлем* недопустим* хамств* обман*
    позор* мошенн* суд жалоб* претензи* издевате* бесит бесят достал* некомпетент* наплевать"""
_UPSET = """disappoint* frustrat* annoy* unhappy upset worried concern* confus* still again urgent*
    asap immediately broken fail* problem* waiting unfortunately sadly impossible
    разочаров* расстро* обидн* недовол* волну* беспоко* снова опять срочно немедленно сломал* жду
    ждем ждём увы жаль невозможно проблем* надоело"""
_PLEASED = """thank* thanks grateful appreciat* great excellent perfect wonderful love happy pleased
    helpful awesome amazing kudos brilliant
    спасибо благодар* отличн* прекрасн* замечательн* супер чудесн* рад рада рады классн* здорово"""
_NOT = frozenset(
    """not no never don't doesn't isn't wasn't can't cannot без не нет ни никогда""".split()  # noqa: SIM905 - as above
)
# Good words that open or end any letter say little by themselves.
_FORMULAS = {"thank", "thanks", "appreciate", "happy", "great", "спасибо", "благодарю"}
_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_SHOUTED = 4


class Tone(StrEnum):
    """How somebody seems to write."""

    ANGRY = "angry"
    UPSET = "upset"
    NEUTRAL = "neutral"
    PLEASED = "pleased"


class Found(NamedTuple):
    """The tone, and the words that decided."""

    tone: Tone
    words: tuple[str, ...]


def tone(text: str) -> Found:
    text = text[:_MAX_TEXT]
    words = {kind: list(dict.fromkeys(_words(text, kind))) for kind in _BEGINS}
    shouted = [word for word in _WORD.findall(text) if len(word) >= _SHOUTED and word.isupper()]
    angry, upset, pleased = (words[kind] for kind in (Tone.ANGRY, Tone.UPSET, Tone.PLEASED))
    heat = 2 * len(angry) + len(upset) + (len(shouted) >= 2) + min(2, text.count("!!"))
    if angry and heat >= 3:
        return Found(Tone.ANGRY, (*angry, *upset))
    if len(angry) + len(upset) >= 2 or (heat >= 2 and (angry or upset)):
        return Found(Tone.UPSET, (*angry, *upset))
    meant = [word for word in pleased if word not in _FORMULAS]
    if not angry and not upset and (meant or len(pleased) >= 2):
        return Found(Tone.PLEASED, tuple(pleased))
    return Found(Tone.NEUTRAL, ())


def _words(text: str, kind: Tone) -> Iterator[str]:
    """Words of that kind that nothing denies right before them."""
    before: tuple[str, ...] = ()
    for written in _WORD.findall(text.lower().replace("’", "'")):
        if _BEGINS[kind].fullmatch(written) and not _NOT & set(before):
            yield written
        before = (*before[-1:], written)


def _pattern(words: str) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(word).replace(r"\*", r"\w*") for word in words.split()))


_BEGINS = {Tone.ANGRY: _pattern(_ANGRY), Tone.UPSET: _pattern(_UPSET)}
_BEGINS[Tone.PLEASED] = _pattern(_PLEASED)
