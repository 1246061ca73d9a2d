"""Complement naive Bayes from counts alone: a label is likely if all others are not.

Learning a text adds to counts and forgetting it subtracts: both are exact, nothing is trained. The
points of a label are a sum over the text's features, and the summands are the explanation.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import log, sqrt

# What each feature, and all of them together, count for before anything was seen, so that few
# tickets decide little. Of what was tried these were right most often where they were sure.
_SMOOTHING = 0.5
_PRIOR = 30_000

Counts = Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Learned:
    """Of one target: how many tickets were learned, and of each label the sum of their features.

    `total`: where a ticket may have several labels, the features of all tickets. What a label is
    held against are the tickets without it then, and else those of the other labels.
    """

    tickets: int
    sums: Counts
    total: int = 0


@dataclass(frozen=True, slots=True)
class Text:
    """Of each feature of a text: in how many tickets it is, and in how many of each label.

    `own` are the labels of a learned text with `size` features: it is left out then, as if it had
    never been learned.
    """

    tickets: Counts
    labels: Mapping[int, Counts]
    own: Collection[int] = ()
    size: int = 0


def points(learned: Learned, text: Text) -> list[tuple[float, int]]:
    """(points, label) of each label, the most first."""
    bases = _bases(learned, text)
    weights = _weights(learned, text)
    length = sum(weights.values())
    found = {label: length * base for label, base in bases.items()}
    for number, weight in weights.items():
        counts, seen = _counts(learned, text, number)
        unseen = log(seen + _SMOOTHING)
        for label, here in counts.items():
            # Most labels have none of it: for all of those it says the same.
            if here and label in found:
                found[label] += weight * (unseen - log(seen - here + _SMOOTHING))
    return sorted(((sum_, label) for label, sum_ in found.items()), reverse=True)


def parts(learned: Learned, text: Text, label: int, other: int) -> list[tuple[float, int]]:
    """(by how much, feature): each speaks for `label` rather than `other`, the most first."""
    bases = _bases(learned, text)
    against = bases[label] - bases[other]
    found = []
    for number, weight in _weights(learned, text).items():
        counts, seen = _counts(learned, text, number)
        here, there = (log(seen - counts.get(one, 0) + _SMOOTHING) for one in (label, other))
        found.append((weight * (against + there - here), number))
    return sorted(found, reverse=True)


def _bases(learned: Learned, text: Text) -> dict[int, float]:
    """By label how much there is of all others: what each feature is measured by."""
    own = set(text.own) & learned.sums.keys()
    if learned.total:
        total = learned.total - (text.size if own else 0)
    else:
        total = sum(learned.sums.values()) - len(own) * text.size
    found = {}
    for label, sum_ in learned.sums.items():
        inside = sum_ - (text.size if label in own else 0)
        if 0 < inside < total:
            found[label] = log(total - inside + _PRIOR)
    return found


def _weights(learned: Learned, text: Text) -> dict[int, float]:
    """The rarer a feature is the more it says; together they have length 1."""
    out = bool(text.own)
    known = {
        number: log((learned.tickets - out + 1) / (tickets - out + 1))
        for number, tickets in text.tickets.items()
        if tickets > out
    }
    length = sqrt(sum(weight * weight for weight in known.values())) or 1.0
    return {number: weight / length for number, weight in known.items()}


def _counts(learned: Learned, text: Text, number: int) -> tuple[Counts, int]:
    """The tickets of a feature by label, and in all."""
    counts = text.labels.get(number, {})
    if text.own:
        counts = {label: of - (label in text.own) for label, of in counts.items()}
    if learned.total:
        return counts, text.tickets[number] - bool(text.own)
    return counts, sum(counts.values())
