"""A probe stands before each statement and at each way out of a choice, and changes nothing."""

import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from tests.stages import probes

CASES = {
    "statements": ("a = 1\nb = 2", 0),
    "a function that nobody calls": ("def f():\n    return 1", 1),
    "the way past an if": ("if 1 > 0:\n    a = 1", 1),
    "a body and the way to it": ("if 1 > 2:\n    a = 1\nelse:\n    b = 1", 2),
    "an elif that is not asked": ("if 1 > 0:\n    a = 1\nelif 2 > 3:\n    b = 1", 5),
    "a loop over nothing": ("for a in ():\n    b = 1", 2),
    "a loop to its end": ("for a in (1,):\n    b = 1", 0),
    "a loop that is left": ("for a in (1,):\n    break", 1),
    "what comes when it is not left": ("for a in (1,):\n    break\nelse:\n    b = 1", 2),
    "a while to its end": ("a = 1\nwhile a:\n    a -= 1", 0),
    "a while without a choice": ("while True:\n    break", 0),
    "the way past a match": ("match 1:\n    case 1:\n        a = 1", 1),
    "a case that takes all": (
        "match 1:\n    case 1:\n        a = 1\n    case _:\n        b = 1",
        2,
    ),
    "a case with a name": ("match 1:\n    case 2:\n        a = 1\n    case a:\n        b = 1", 2),
    "a guard": ("match 1:\n    case a if a:\n        b = 1", 1),
    "what an error leaves out": (
        "try:\n    1 / 0\n    a = 1\nexcept ArithmeticError:\n    b = 1",
        1,
    ),
    "no error": ("try:\n    a = 1\nexcept ValueError:\n    b = 1\nfinally:\n    c = 1", 1),
    "a nested block": ("with open('/dev/null'):\n    def f():\n        a = 1", 1),
    "a method": ("class A:\n    b = 1\n    def f(self):\n        return 1", 1),
}
KEEPS_ITS_MEANING = '''
"""A module."""
from __future__ import annotations
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import nothing_of_that_name

class Colour(Enum):
    """A colour."""
    RED = 1

@dataclass
class Point:
    x: int
    y: int = 0

class Pair(NamedTuple):
    a: int

def count():
    """Count."""
    global counted
    counted = 1
    while counted < 3:
        counted += 1
    else:
        yield counted
    ...

counts = list(count())
'''


def run(source: str) -> dict[str, Any]:
    """All names of a module with probes."""
    made = probes.probed(dedent(source), "module.py")
    names = {"__name__": __name__, "__probes__": bytearray(made.points)}
    exec(made.code, names)  # noqa: S102 - our own words
    return names


@pytest.mark.parametrize(("source", "missed"), CASES.values(), ids=list(CASES))
def test_what_was_not_gone_through_is_counted(source: str, missed: int) -> None:
    assert run(source)["__probes__"].count(0) == missed


def test_a_module_keeps_its_meaning() -> None:
    names = run(KEEPS_ITS_MEANING)
    assert names["__doc__"] == "A module."
    assert names["Point"](1).__dict__ == {"x": 1, "y": 0}
    assert [names["Colour"].__doc__, *names["Colour"]] == ["A colour.", names["Colour"](1)]
    assert names["Pair"](1) == (1,)
    assert (names["count"].__doc__, names["counts"], names["counted"]) == ("Count.", [3], 3)
    assert not names["__probes__"].count(0)


def test_modules_are_watched_as_they_are_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("watched_toy", "unwatched_toy"):
        (tmp_path / f"{name}.py").write_text("def f():\n    return 1\n")
    monkeypatch.setattr("sys.meta_path", sys.meta_path.copy())
    rows = probes.watch(["watched_toy"])
    import unwatched_toy
    import watched_toy

    assert list(rows) == [watched_toy.__file__]
    assert rows[watched_toy.__file__] == b"\1\0"
    assert watched_toy.f() == unwatched_toy.f() == 1
    assert rows[watched_toy.__file__] == b"\1\1"
    del sys.modules["watched_toy"], sys.modules["unwatched_toy"]
