"""Of files that are not read, none holds a slow test."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.stages import slow_files

BROWSER = Path(__file__).parents[1] / "browser"


@pytest.fixture
def item(tmp_path: Path) -> Any:
    """A slow test in a file of its own."""
    path = tmp_path / "test_x.py"
    path.write_text("from marks import slow\n")
    return SimpleNamespace(nodeid="x", path=path, get_closest_marker=lambda name: name == "slow")


def test_a_slow_test_that_its_file_does_not_tell_of_stops_every_run(item: Any) -> None:
    with pytest.raises(pytest.UsageError, match=r"^x is slow"):
        slow_files.check([item])


def test_one_that_says_so_is_read(item: Any) -> None:
    item.path.write_text("@pytest.mark.slow\ndef test_y(): ...\n")
    slow_files.check([item])
    assert slow_files.may_hold(item.path)


def test_those_of_browsers_are_read() -> None:
    assert slow_files.may_hold(next(BROWSER.glob("test_*.py")))
