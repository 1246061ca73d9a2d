"""Whether what Lodge stands on is there. Imports the standard library alone."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from portal.errors import ConfigError

_OURS = {"portal", "jobs", "wsgi"}


@contextmanager
def importing_packages() -> Iterator[None]:
    """Import what other people have made. Raises ConfigError, one line, when it is not there.

    A module of our own that cannot be imported is a mistake in the code, and keeps its traceback.
    """
    try:
        yield
    except ImportError as error:
        if (error.name or "").partition(".")[0] in _OURS:
            raise
        reason = str(error).partition("\n")[0]
        raise ConfigError(f"the installation is incomplete: {reason}; {_remedy()}") from error


def _remedy() -> str:
    if sys.prefix == sys.base_prefix:  # no environment: somebody took the system's Python
        return "start it with .venv/bin/python"
    command = "-m pip install --no-deps --only-binary :all: -r requirements.txt"
    return f"install it again: {sys.executable} {command}"
