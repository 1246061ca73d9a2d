"""Counts of labelled texts: what they say of another one, and that forgetting is exact."""

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from time import thread_time

import pytest

from portal.learning import bayes
from portal.learning.bayes import Learned, Text
from portal.learning.features import BUCKETS, features, packed, unpacked
from tests.assistance_world import MATTERS, text_of

Texts = Sequence[tuple[str, str]]


class Counts:
    """What the tables hold, in a dictionary."""

    def __init__(self, texts: Sequence[tuple[int, Texts]]) -> None:
        self.tickets: Counter[int] = Counter()
        self.labels: dict[int, Counter[int]] = defaultdict(Counter)
        self.sums: Counter[int] = Counter()
        self.number = 0
        for label, of in texts:
            for subject, message in of:
                self.learn(label, features(subject, message))

    def learn(self, label: int, numbers: dict[int, str], sign: int = 1) -> None:
        self.number += sign
        self.sums[label] += sign * len(numbers)
        for number in numbers:
            self.tickets[number] += sign
            self.labels[number][label] += sign

    @property
    def learned(self) -> Learned:
        return Learned(self.number, dict(self.sums))

    def text(self, numbers: dict[int, str], **own: object) -> Text:
        known = [number for number in numbers if self.tickets[number]]
        return Text(
            {number: self.tickets[number] for number in known},
            {number: dict(self.labels[number]) for number in known},
            **own,  # type: ignore[arg-type]
        )


def made(number: int, seed: int = 1) -> list[tuple[int, Texts]]:
    dice = random.Random(seed)
    return [(at, [text_of(one, dice) for _ in range(number)]) for at, one in enumerate(MATTERS)]


@pytest.fixture(scope="module")
def counts() -> Counts:
    return Counts(made(40))


def test_texts_get_the_label_of_those_like_them(counts: Counts):
    right = [
        bayes.points(counts.learned, counts.text(features(*text)))[0][1] == label
        for label, texts in made(30, seed=2)
        for text in texts
    ]
    assert sum(right) >= 0.95 * len(right)


def test_the_words_that_decided_are_those_of_the_matter(counts: Counts):
    found = features("Refund", "Hello, the invoice was charged twice, please help me")
    text = counts.text(found)
    label, other, *_ = (label for _points, label in bayes.points(counts.learned, text))
    parts = bayes.parts(counts.learned, text, label, other)
    assert {found[number] for _weight, number in parts[:3]} & {"refund", "invoice", "charged"}
    assert parts == sorted(parts, reverse=True)


def test_the_parts_add_up_to_the_lead(counts: Counts):
    text = counts.text(features("Router", "the vpn is offline and the invoice is late"))
    (first, label), (second, other), *_ = bayes.points(counts.learned, text)
    parts = bayes.parts(counts.learned, text, label, other)
    assert sum(weight for weight, _number in parts) == pytest.approx(first - second)


def test_left_out_a_learned_text_is_judged_as_if_it_had_never_been_learned(counts: Counts):
    for label, texts in made(40):
        numbers = features(*texts[0])
        within = counts.text(numbers, own=[label], size=len(numbers))
        left_out = bayes.points(counts.learned, within)
        counts.learn(label, numbers, -1)
        without = bayes.points(counts.learned, counts.text(numbers))
        counts.learn(label, numbers)
        assert [one[1] for one in left_out] == [one[1] for one in without]
        assert [one[0] for one in left_out] == pytest.approx([one[0] for one in without])


def test_a_text_costs_less_than_five_milliseconds(counts: Counts):
    texts = [text for _label, texts in made(20, seed=3) for text in texts]
    began = thread_time()
    for text in texts:
        bayes.points(counts.learned, counts.text(features(*text)))
    assert (thread_time() - began) / len(texts) < 0.005


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n ",
        "\x00\ufffd",
        "a" * 200_000,
        "я " * 100_000,
        "注文が届きません" * 5_000,
        "<b>&amp;",
    ],
    ids=["nothing", "spaces", "no letters", "one word", "many words", "no spaces", "marks"],
)
def test_any_text_has_a_bounded_number_of_features(text: str):
    found = features(text[:250], text)
    assert len(found) <= 1_000
    assert all(0 <= number < BUCKETS for number in found)
    assert unpacked(packed(sorted(found))) == sorted(found)


def test_a_text_of_which_nothing_is_known_gets_points_without_a_lead(counts: Counts):
    points = [one for one, _label in bayes.points(counts.learned, counts.text(features("x", "y")))]
    assert len(set(points)) == 1
