"""Jinja's environment without what it would cost on every page."""

from collections.abc import MutableMapping
from typing import Any

from flask import Flask
from flask.templating import Environment as FlaskEnvironment


class Environment(FlaskEnvironment):
    """One plain dictionary of globals for all templates.

    Jinja gives each template a ChainMap, so that a template may have globals of its own. None of
    ours has, and a ChainMap is asked for all its keys again at each page, import and include.
    """

    def make_globals(self, own: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The globals of the environment, themselves when a template brings none."""
        return super().make_globals(own) if own else self.globals


def attach(app: Flask) -> None:
    """Make it the application's. Has to come before anybody asks for the environment."""
    app.jinja_environment = Environment
