"""One line instead of a traceback when a package is missing, or the desk is read-only.

Commands import late, so a package may be missing although the application has started.
"""

from functools import partial
from typing import Any

import click

from portal.errors import ConfigError, ReadOnlyDesk
from portal.installation import importing_packages

_READ_ONLY = "the desk is read-only, so nothing was changed: flask --app wsgi read-only status"


def report(command: click.Command) -> None:
    """Let `command` and its subcommands end with one line and exit code 1 then."""
    command.invoke = partial(_invoke, command)  # type: ignore[method-assign]


def _invoke(command: click.Command, context: click.Context) -> Any:
    try:
        with importing_packages():
            return type(command).invoke(command, context)
    except ConfigError as error:
        raise SystemExit(f"lodge: {error}") from None
    except ReadOnlyDesk:
        raise SystemExit(f"lodge: {_READ_ONLY}") from None
