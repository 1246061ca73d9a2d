"""The two lists of requirements, and the requirements of the packages in them.

Those are read from the installed packages. A package that is not for this interpreter is in the
list for others, and its own requirements are not known here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.source import ROOT


@dataclass(frozen=True)
class Line:
    """One package of a list; `wanted_by` names the packages that need it (empty: our code)."""

    requirement: Requirement
    wanted_by: frozenset[str]

    @property
    def name(self) -> str:
        """The normalized name."""
        return canonicalize_name(self.requirement.name)

    @property
    def version(self) -> str:
        """The pinned version."""
        return next(iter(self.requirement.specifier)).version

    def applies(self, environment: dict[str, str]) -> bool:
        """Whether pip installs it in that environment."""
        return self.requirement.marker is None or self.requirement.marker.evaluate(environment)


@cache
def read(file: str) -> tuple[Line, ...]:
    """The lines of a list."""
    return tuple(_lines((ROOT / file).read_text("utf-8")))


def _lines(text: str) -> Iterator[Line]:
    for line in text.splitlines():
        requirement, _, reason = line.partition("#")
        if requirement.strip():
            names = reason.partition(";")[0].split(",") if line.startswith(" ") else []
            yield Line(
                Requirement(requirement), frozenset(canonicalize_name(n.strip()) for n in names)
            )


def environment(python: str, machine: str) -> dict[str, str]:
    """The values of markers for CPython (`3.11.2`) on Linux and a machine (`aarch64`)."""
    return {
        **default_environment(),
        "implementation_name": "cpython",
        "implementation_version": python,
        "os_name": "posix",
        "platform_machine": machine,
        "platform_python_implementation": "CPython",
        "platform_system": "Linux",
        "python_full_version": python,
        "python_version": python.rpartition(".")[0],
        "sys_platform": "linux",
    }


@cache
def installed(name: str) -> PackageMetadata | None:
    """The metadata of an installed package; None if it is not for this interpreter."""
    try:
        return metadata(name)
    except PackageNotFoundError:
        return None


@cache
def _stated(name: str) -> tuple[Requirement, ...]:
    facts = installed(name)
    return tuple(map(Requirement, (facts and facts.get_all("Requires-Dist")) or ()))


def needs(lines: list[Line], environment: dict[str, str]) -> list[tuple[str, Requirement]]:
    """(package, requirement) of all packages, with the extras that others ask for."""
    extras = {line.name: {"", *line.requirement.extras} for line in lines}
    while True:
        found = [
            (name, requirement)
            for name, asked in extras.items()
            for requirement in _stated(name)
            if any(_holds(requirement, environment, extra) for extra in asked)
        ]
        before = sum(map(len, extras.values()))
        for _, requirement in found:
            extras.get(canonicalize_name(requirement.name), set()).update(requirement.extras)
        if sum(map(len, extras.values())) == before:
            return found


def _holds(requirement: Requirement, environment: dict[str, str], extra: str) -> bool:
    marker = requirement.marker
    return marker is None or marker.evaluate({**environment, "extra": extra})
