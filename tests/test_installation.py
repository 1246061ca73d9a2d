"""What is said when a package cannot be imported."""

import sys

import pytest

from portal.errors import ConfigError
from portal.installation import importing_packages


def refused(error: ImportError) -> str:
    with pytest.raises(ConfigError) as refusal, importing_packages():
        raise error
    return str(refusal.value)


def test_a_package_that_is_missing_is_named_with_what_to_do() -> None:
    missing = ModuleNotFoundError("No module named 'async_timeout'", name="async_timeout")
    assert refused(missing) == (
        "the installation is incomplete: No module named 'async_timeout'; install it again:"
        f" {sys.executable} -m pip install --no-deps --only-binary :all: -r requirements.txt"
    )


def test_a_long_explanation_becomes_one_line() -> None:
    text = refused(ImportError("no pq wrapper available.\nAttempts made:\n- …"))
    assert text.startswith("the installation is incomplete: no pq wrapper available.; install")


def test_outside_of_an_environment_the_environment_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "prefix", sys.base_prefix)
    missing = ModuleNotFoundError("No module named 'flask'", name="flask")
    assert refused(missing).endswith("No module named 'flask'; start it with .venv/bin/python")


@pytest.mark.parametrize("name", ["portal.nothing", "jobs", "wsgi"])
def test_a_mistake_in_our_own_code_keeps_its_traceback(name: str) -> None:
    with pytest.raises(ImportError), importing_packages():
        raise ImportError(f"cannot import name 'x' from '{name}'", name=name)
