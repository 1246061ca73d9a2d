"""`make` prepares `.venv` once, and again when it is no longer what it was made as.

The interpreters are stand-ins that note what they are asked for. `tests/fresh_install.py` does the
same with real ones.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.architecture.source import ROOT
from tests.waiting import PATIENCE

# Answers as the Python whose version it carries; `no-pip` beside it stands for a damaged one.
INTERPRETER = """#!/bin/sh
here=$(dirname "$0")
case "$*" in
-V) echo "Python {version}" ;;
*"-m venv"*)
    echo "venv {version}" >>asked
    rm -rf .venv && mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
*"-m pip install"*) echo "pip {version}" >>asked ;;
*"import pip"*) test ! -e "$here/no-pip" && test {minor} -ge 11 ;;
*version_info*) test {minor} -ge 11 ;;
esac
"""


class Checkout:
    """A folder with the Makefile, a list of requirements, and Pythons of some versions."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copy(ROOT / "Makefile", folder)
        (folder / "requirements.txt").touch()
        self.python = self.interpreter("python3", "3.11.2")

    def interpreter(self, name: str, version: str) -> Path:
        """A Python of that version, in place of what was there."""
        path = self.folder / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(INTERPRETER.format(version=version, minor=version.split(".")[1]))
        path.chmod(0o755)
        return path

    def make(self, *words: str) -> list[str]:
        """What the Pythons were asked for when `.venv` had to be ready."""
        asked = self.folder / "asked"
        asked.unlink(missing_ok=True)
        ended = self.run(*words)
        assert ended.returncode == 0, ended.stderr
        return asked.read_text().splitlines() if asked.exists() else []

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """`make .venv/run.stamp …`, with the folder's own python3 in front of others."""
        return subprocess.run(
            ["make", "--silent", ".venv/run.stamp", *words],
            cwd=self.folder,
            env={"PATH": f"{self.python.parent}:/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_the_environment_is_made_once(checkout: Checkout) -> None:
    assert checkout.make() == ["venv 3.11.2", "pip 3.11.2"]
    assert checkout.make() == []


def test_a_changed_list_is_installed_into_the_environment_as_it_is(checkout: Checkout) -> None:
    checkout.make()
    checkout.interpreter("python3", "3.13.0")  # another one on PATH is no reason to begin anew
    os.utime(checkout.folder / ".venv" / "run.stamp", (0, 0))
    assert checkout.make() == ["pip 3.11.2"]


def test_an_installation_that_broke_off_is_finished(checkout: Checkout) -> None:
    checkout.make()
    (checkout.folder / ".venv" / "run.stamp").unlink()
    assert checkout.make() == ["pip 3.11.2"]


def test_another_python_that_is_named_gets_an_environment_of_its_own(checkout: Checkout) -> None:
    checkout.make()
    checkout.interpreter("python3.13", "3.13.0")
    assert checkout.make("PYTHON=python3.13") == ["venv 3.13.0", "pip 3.13.0"]
    assert checkout.make("PYTHON=python3.13") == []
    assert checkout.make() == []


def test_a_python_that_was_upgraded_gets_what_that_version_needs(checkout: Checkout) -> None:
    checkout.make()
    own = checkout.folder / ".venv" / "bin" / "python"
    own.write_text(own.read_text().replace("3.11.2", "3.11.3"))
    assert checkout.make() == ["pip 3.11.3"]


@pytest.mark.parametrize("damage", ["gone", "no-pip", "too old"])
def test_an_environment_that_cannot_be_used_is_made_anew(checkout: Checkout, damage: str) -> None:
    checkout.make()
    own = checkout.folder / ".venv" / "bin" / "python"
    if damage == "gone":
        own.unlink()
    elif damage == "no-pip":  # the system's Python went from one minor version to the next
        (own.parent / "no-pip").touch()
        own.write_text(own.read_text().replace("3.11.2", "3.13.0"))
    else:
        own.write_text(own.read_text().replace("3.11.2", "3.9.1").replace("11 -ge", "9 -ge"))
    assert checkout.make() == ["venv 3.11.2", "pip 3.11.2"]
    assert checkout.make() == []


def test_a_python_that_is_too_old_is_refused_and_named_in_one_line(checkout: Checkout) -> None:
    checkout.interpreter("python3", "3.9.1")
    ended = checkout.run()
    assert ended.returncode != 0
    assert ended.stderr.splitlines()[0].startswith("lodge: needs Python 3.11 or newer")
    assert not (checkout.folder / ".venv").exists()
