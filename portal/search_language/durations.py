"""Durations as one types them: `90s`, `15m`, `2h`, `3d`, `2w`."""

import re

_DURATION = re.compile(r"(\d{1,9})([smhdw])", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def parse_duration(text: str) -> int:
    """The seconds that `text` names. Raises ValueError."""
    match = _DURATION.fullmatch(text.lower())
    if match is None:
        raise ValueError(text)
    return int(match[1]) * _SECONDS[match[2]]
