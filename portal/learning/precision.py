"""How often suggestions of a sureness were right on tickets that the desk has labelled itself."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

# Cases are sorted by how sure they were, and cut into so many equal bins.
BINS = 10


class Case(NamedTuple):
    """A suggestion for a ticket whose label is known. `margin`: by how much it was the first."""

    margin: float
    label: int
    is_right: bool


class Rate(NamedTuple):
    """So many cases, and of them so many right."""

    cases: int
    right: int

    @property
    def percent(self) -> int:
        """Rounded down; 0 of nothing."""
        return 100 * self.right // self.cases if self.cases else 0

    def plus(self, other: "Rate") -> "Rate":
        return Rate(self.cases + other.cases, self.right + other.right)


NOTHING = Rate(0, 0)


class Measured(NamedTuple):
    """`floors`: the least margin of each bin, the surest first. `labels`: their rates by bin."""

    floors: Sequence[float]
    labels: Mapping[int, Sequence[Rate]]

    def about(self, margin: float) -> Rate:
        """The rate of those about as sure: of its bin and of those beside it."""
        at = next((at for at, floor in enumerate(self.floors) if margin >= floor), -1)
        return self._near(at) if at >= 0 else NOTHING

    def of_label(self, label: int, percent: int) -> Rate:
        """The rate of a label among those of bins whose rate is at least `percent`."""
        rates = self.labels.get(label, ())
        good = (at for at in range(len(rates)) if self._near(at).percent >= percent)
        return _sum(rates[at] for at in good)

    def _near(self, at: int) -> Rate:
        first, last = max(at - 1, 0), at + 2
        return _sum(rate for rates in self.labels.values() for rate in rates[first:last])

    def as_json(self) -> dict[str, Any]:
        return {
            "floors": [round(floor, 6) for floor in self.floors],
            "labels": {str(label): list(rates) for label, rates in self.labels.items()},
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Measured":
        labels = kept.get("labels", {})
        return cls(
            kept.get("floors", ()),
            {int(label): [Rate(*rate) for rate in rates] for label, rates in labels.items()},
        )


def measure(cases: Iterable[Case]) -> Measured:
    found = sorted(cases, reverse=True)
    bins = [chosen for at in range(BINS) if (chosen := _bin(found, at))]
    labels: dict[int, list[Rate]] = defaultdict(lambda: [NOTHING] * len(bins))
    for at, chosen in enumerate(bins):
        for case in chosen:
            labels[case.label][at] = labels[case.label][at].plus(Rate(1, int(case.is_right)))
    return Measured([chosen[-1].margin for chosen in bins], dict(labels))


def _bin(cases: Sequence[Case], at: int) -> Sequence[Case]:
    return cases[len(cases) * at // BINS : len(cases) * (at + 1) // BINS]


def _sum(rates: Iterable[Rate]) -> Rate:
    found = NOTHING
    for rate in rates:
        found = found.plus(rate)
    return found
