"""Lodge, a support portal. `create_app()` is the way in."""

import gc
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from portal.installation import importing_packages

if TYPE_CHECKING:
    from flask import Flask


def create_app(settings: Mapping[str, Any] | None = None) -> "Flask":
    """Make the application from `settings` (default: the environment's, see `portal.config`).

    Raises ConfigError, one line, when a setting or a package is missing or wrong.
    """
    # Loaded modules are never freed, and collecting garbage among them takes a sixth of the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        # Late, so that `portal.config` can be read without loading everything: that takes a second.
        with importing_packages():
            from portal.assembly import assemble

            return assemble(settings)
    finally:
        if collecting:
            gc.enable()
