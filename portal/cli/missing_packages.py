"""One line instead of a traceback when a package is missing.

Commands import late, so a package may be missing although the application has started.
"""

from functools import partial
from typing import Any

import click

from portal.errors import ConfigError
from portal.installation import importing_packages


def report_missing_packages(command: click.Command) -> None:
    """Let `command` and its subcommands end with one line and exit code 1 then."""
    command.invoke = partial(_invoke, command)  # type: ignore[method-assign]


def _invoke(command: click.Command, context: click.Context) -> Any:
    try:
        with importing_packages():
            return type(command).invoke(command, context)
    except ConfigError as error:
        raise SystemExit(f"lodge: {error}") from None
