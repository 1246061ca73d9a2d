"""Lodge, a support portal. `create_app()` is the way in."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask


def create_app(settings: Mapping[str, Any] | None = None) -> "Flask":
    """The application for `settings` (default: the environment's, see `portal.config`).

    Raises ConfigError, one line, when a setting is missing or wrong.
    """
    # Late, so that `portal.config` can be read without loading everything: that takes a second.
    from portal.assembly import assemble

    return assemble(settings)
