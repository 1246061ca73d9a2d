"""Which labels are suggested for a text, and by how much each was the first."""

from collections.abc import Sequence
from typing import NamedTuple

from portal.learning import bayes
from portal.learning.bayes import Learned, Text
from portal.models.assistance import Target

_TAGS = 3


class Ranked(NamedTuple):
    """A label, and the next one that is not suggested with it, which is less likely by `margin`."""

    margin: float
    label: int
    next: int


def ranked(target: Target, learned: Learned, text: Text) -> list[Ranked]:
    """One label; of tags up to three. None where nothing of the text was learned."""
    if not text.tickets:
        return []
    most = _TAGS if target is Target.TAGS else 1
    return _first(bayes.points(learned, text), most)


def _first(points: Sequence[tuple[float, int]], most: int) -> list[Ranked]:
    if len(points) <= most:
        return []
    sum_, other = points[most]
    return [
        Ranked(points[at][0] - sum_, points[at][1], other)
        for at in range(most)
        if points[at][0] > sum_
    ]
