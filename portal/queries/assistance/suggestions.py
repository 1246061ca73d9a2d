"""What was learned says of a ticket: labels, how often such were right, and by which words."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from portal.extensions import setting
from portal.learning import bayes
from portal.learning.features import features
from portal.learning.precision import NOTHING, Rate
from portal.models.assistance import Target
from portal.models.tickets import Priority, Ticket
from portal.queries.assistance import learnable, model
from portal.queries.assistance.model import FeatureCounts, Model
from portal.queries.assistance.ranking import ranked
from portal.queries.tickets import ticket_types

_WORDS = 3
# Fewer cases say nothing of the next one.
_LEAST_CASES, _LEAST_TO_ACT = 10, 20


class Suggestion(NamedTuple):
    """`value` is a key, a name or a word; `rate` that of cases about as sure."""

    target: Target
    value: str
    label: int
    rate: Rate
    # Of the ticket, those that spoke most for it.
    words: tuple[str, ...]


def of_ticket(ticket: Ticket, targets: Sequence[Target], *, percent: int) -> list[Suggestion]:
    """Those that have been right in at least `percent` of 100 cases, by target."""
    found = model.find() if targets else None
    if found is None:
        return []
    words = features(*learnable.texts_of(ticket.id))
    counts = model.feature_counts(words)
    return [
        suggestion
        for target in targets
        for suggestion in _suggested(found, target, words, counts)
        if suggestion.rate.cases >= _LEAST_CASES and suggestion.rate.percent >= percent
    ]


def to_act_upon(
    ticket: Ticket, targets: Sequence[Target], *, percent: int
) -> list[tuple[Suggestion, Rate]]:
    """Those of whose label it is true as well, with the label's rate.

    What somebody has undone counts against it.
    """
    found = model.find() if targets else None
    if found is None:
        return []
    sure = of_ticket(ticket, targets, percent=percent)
    rates = [found.label_rate(one.target, one.label, percent) for one in sure]
    return [
        (one, rate)
        for one, rate in zip(sure, rates, strict=True)
        if rate.cases >= _LEAST_TO_ACT and rate.percent >= percent
    ]


def _suggested(
    found: Model, target: Target, words: Mapping[int, str], counts: FeatureCounts
) -> Iterator[Suggestion]:
    learned, measured = found.learned[target], found.measured.get(target)
    text = model.text_of(learned, counts, words)
    for one in ranked(target, learned, text):
        name = found.names[one.label]
        if is_offered(target, name):
            rate = measured.about(one.margin) if measured else NOTHING
            why = _words(bayes.parts(learned, text, one.label, one.next), words)
            yield Suggestion(target, name, one.label, rate, why)


def _words(parts: Sequence[tuple[float, int]], words: Mapping[int, str]) -> tuple[str, ...]:
    """The first that speak for it; none that stands in one of them."""
    chosen: list[str] = []
    for weight, number in parts:
        word = words[number]
        if weight > 0 and not any(word in one or one in word for one in chosen):
            chosen.append(word)
        if len(chosen) == _WORDS:
            break
    return tuple(chosen)


def is_offered(target: Target, name: str) -> bool:
    """Whether tickets may get it now."""
    match target:
        case Target.TYPE:
            return ticket_types.is_offered(name)
        case Target.DEPARTMENT:
            return name in setting("DEPARTMENTS")
        case Target.PRIORITY:
            return name in {priority.word for priority in Priority}
        case Target.TAGS:
            return True
