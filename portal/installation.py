"""Turns missing packages into one line of explanation. Imports the standard library alone."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from portal.errors import ConfigError

_OURS = {"portal", "jobs", "wsgi"}


@contextmanager
def importing_packages() -> Iterator[None]:
    """Wrap imports of third-party packages: raises ConfigError when one is missing.

    An ImportError of our own modules is a bug and keeps its traceback.
    """
    try:
        yield
    except ImportError as error:
        if (error.name or "").partition(".")[0] in _OURS:
            raise
        reason = str(error).partition("\n")[0]
        raise ConfigError(f"the installation is incomplete: {reason}; {_remedy()}") from error


def _remedy() -> str:
    if (
        sys.prefix == sys.base_prefix
    ):  # run by the system's Python, outside of the virtual environment
        return "start it with .venv/bin/python"
    command = "-m pip install --no-deps --only-binary :all: -r requirements.txt"
    return f"install it again: {sys.executable} {command}"
