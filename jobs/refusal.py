"""How a program of ours says why it cannot start: in one line, with exit code 1."""

from collections.abc import Iterator
from contextlib import contextmanager

from portal.errors import ConfigError


@contextmanager
def said_in_one_line() -> Iterator[None]:
    """End the program with the line of a ConfigError."""
    try:
        yield
    except ConfigError as error:
        raise SystemExit(f"lodge: {error}") from None
