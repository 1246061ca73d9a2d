"""Durations as steps of a logarithmic scale, whose counts tell medians. No database here.

Each step is 2^(1/16) of the one before, and a duration is told by the middle of its step: it is at
most 2.2 per cent off (docs/decisions/0066).
"""

import math
from collections.abc import Mapping

_STEPS = 16


def step(seconds: int) -> int:
    """The step of a duration; 0 is less than a second."""
    return math.floor(_STEPS * math.log2(seconds)) + 1 if seconds >= 1 else 0


def least(step: int) -> int:
    """The shortest duration of that step in seconds."""
    return math.ceil(2 ** ((step - 1) / _STEPS)) if step else 0


def middle(step: int) -> float:
    """The duration in seconds by which the step is told."""
    return float(2 ** ((step - 0.5) / _STEPS)) if step else 0.0


def percentile(counts: Mapping[int, int], share: float) -> int | None:
    """The step that `share` of the durations do not exceed; None for no durations."""
    rank = math.ceil(share * sum(counts.values()))
    for found in sorted(counts):
        rank -= counts[found]
        if counts[found] and rank <= 0:
            return found
    return None
