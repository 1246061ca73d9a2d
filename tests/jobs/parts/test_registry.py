"""Every part is registered with a period and a deadline that keep what the guide says."""

import ast
import re
from datetime import timedelta

import pytest

from jobs import sweep, webhooks
from jobs.parts import registry
from jobs.parts.registry import EACH_SWEEP, PARTS, Sweep
from portal.queries.operations import background, heartbeats
from tests.architecture.source import ROOT, modules

GUIDE = (ROOT / "docs" / "operate.md").read_text("utf-8")
MINUTE = timedelta(minutes=1)
PERIODS = {"15 s": MINUTE / 4, "30 s": MINUTE / 2, "1 min": MINUTE}
ROW = re.compile(
    r"^\| ((?:`[a-z]+:[a-z_]+`(?:, )?)+) \| (on time|may wait|apart) \| ([^|]+) \|", re.M
)
SWEEPS = {"on time": Sweep.ON_TIME, "may wait": Sweep.LATER, "apart": Sweep.WEBHOOKS}


def guide() -> dict[str, tuple[Sweep, timedelta]]:
    """What the guide says of each part."""
    return {
        name: (SWEEPS[sweep], PERIODS[period.strip()])
        for names, sweep, period in ROW.findall(GUIDE)
        for name in re.findall(r"`([^`]+)`", names)
    }


def test_the_guide_names_every_part_and_says_when_it_is_done() -> None:
    assert guide() == {name: (part.sweep, part.every) for name, part in PARTS.items()}


@pytest.mark.parametrize("name", PARTS)
def test_a_part_is_taken_over_before_it_is_late(name: str) -> None:
    part = PARTS[name]
    assert EACH_SWEEP <= part.every < heartbeats.LONGEST_PERIOD
    assert timedelta(0) < part.within < heartbeats.LONGEST_PERIOD
    assert part.every + part.within + EACH_SWEEP < background._ROUND


@pytest.mark.parametrize("name", PARTS)
def test_a_name_fits_into_its_column(name: str) -> None:
    assert len(name) <= 60


def test_what_is_on_time_is_in_every_sweep() -> None:
    assert {part.every for part in registry.parts_of(Sweep.ON_TIME)} == {EACH_SWEEP}


def test_every_module_of_parts_is_known_to_the_sweep() -> None:
    found = {module.name for module in modules("jobs/parts")} - {"jobs.parts", registry.__name__}
    assert {module.__name__ for module in sweep.MODULES} == found


def test_what_no_module_marks_is_no_part() -> None:
    marked = {
        f"{module.name}.{node.name}"
        for module in modules("jobs")
        for node in ast.walk(ast.parse(module.path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and any(map(is_mark, node.decorator_list))
    }
    assert marked == {f"{part.do.__module__}.{part.do.__name__}" for part in PARTS.values()}
    assert webhooks.__name__ in {part.do.__module__ for part in PARTS.values()}


def is_mark(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "part"


def test_two_parts_of_one_name_are_refused() -> None:
    first = next(iter(PARTS.values()))
    again = registry.part(first.sweep, every=first.every, within=first.within)
    with pytest.raises(ValueError, match="two parts"):
        again(first.do)


def test_whoever_has_left_work_goes_on_with_the_next_sweep() -> None:
    minute = PARTS["sweep:render_again"]
    assert minute.again_in(left=False) > EACH_SWEEP
    assert minute.again_in(left=True) < EACH_SWEEP
    assert PARTS["sweep:enqueue_mail"].again_in(left=False) < EACH_SWEEP
