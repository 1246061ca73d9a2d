"""Commands of an installation in which a package is missing say so in one line.

They import late, so what one of them needs may be missing although the application has started.
"""

from functools import partial
from typing import Any

import click

from portal.errors import ConfigError
from portal.installation import needed


def speak_plainly(command: click.Command) -> None:
    """Let `command`, and what it leads to, end with the line and exit code 1."""
    command.invoke = partial(_invoked, command)  # type: ignore[method-assign]


def _invoked(command: click.Command, context: click.Context) -> Any:
    try:
        with needed():
            return type(command).invoke(command, context)
    except ConfigError as error:
        raise SystemExit(f"lodge: {error}") from None
