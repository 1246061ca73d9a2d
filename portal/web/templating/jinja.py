"""Jinja's environment, without the cost of a ChainMap on every page, and of a list of templates."""

from collections.abc import MutableMapping
from typing import Any

from flask import Flask
from flask.templating import Environment as FlaskEnvironment


class Environment(FlaskEnvironment):
    """One plain dictionary of globals for all templates.

    Jinja gives each template a ChainMap, so that a template may have globals of its own. None of
    ours has, and a ChainMap lists all its keys anew for each page, import and include.
    """

    def make_globals(self, own: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The environment's own globals, unless a template brings some."""
        return super().make_globals(own) if own else self.globals


def attach(app: Flask) -> None:
    """Use Environment. To be called before anything asks for `app.jinja_env`."""
    app.jinja_environment = Environment
    # A plain dictionary of templates: with a limit, each include walks through all that are known.
    app.jinja_options = {**app.jinja_options, "cache_size": -1}
