"""The tone of a message in both languages, and what must not be taken for one."""

import pytest

from portal.learning.tone import Tone, tone


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("This is outrageous! Your service is useless, I want a refund.", Tone.ANGRY),
        ("WORST SUPPORT ever, totally unacceptable!!", Tone.ANGRY),
        ("Я возмущён: опять ничего не работает, это безобразие!", Tone.ANGRY),
        ("Кошмар!! Недопустимо так обманывать, буду писать жалобу.", Tone.ANGRY),
        ("I am disappointed, it failed again.", Tone.UPSET),
        ("Очень расстроена, снова жду третий день.", Tone.UPSET),
        ("Thank you, that was excellent!", Tone.PLEASED),
        ("Спасибо, всё отлично.", Tone.PLEASED),
        ("Please reset my password. Thanks", Tone.NEUTRAL),
        ("Добрый день! Как сменить пароль? Спасибо", Tone.NEUTRAL),
        ("The printer is not awful.", Tone.NEUTRAL),
        ("Это не ужасно.", Tone.NEUTRAL),
        ("The court of Suda", Tone.NEUTRAL),
        ("", Tone.NEUTRAL),
    ],
)
def test_words_tell_the_tone(text: str, expected: Tone):
    assert tone(text).tone is expected


def test_the_words_that_decided_are_named():
    assert tone("Outrageous and useless").words == ("outrageous", "useless")
    assert tone("Hello").words == ()


@pytest.mark.parametrize("text", ["outrag " * 30_000, "не " * 60_000, "!" * 100_000, "a-" * 50_000])
def test_long_and_odd_texts_have_a_tone(text: str):
    assert tone(text).tone in Tone
