"""Leaves out what some models think aloud before they answer: `<think>…</think>`."""

from collections.abc import Iterable, Iterator

_OPEN, _CLOSE = "<think>", "</think>"


def without_reasoning(pieces: Iterable[str]) -> Iterator[str]:
    """The pieces after it; all of them where the answer does not begin with it."""
    held, begun = "", False
    for piece in pieces:
        if begun:
            yield piece
            continue
        held += piece
        start = held.lstrip()
        if start.startswith(_OPEN):
            _thought, closed, rest = held.partition(_CLOSE)
            if closed and rest.strip():
                begun = True
                yield rest.lstrip()
        elif not _OPEN.startswith(start):
            begun = True
            yield start
    if not begun and not held.lstrip().startswith(_OPEN):
        yield held.lstrip()
