"""Says at the start of a web server how a desk that nobody administers is set up."""

import logging
from multiprocessing import get_context

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from jobs import job
from portal.errors import ReadOnlyDesk
from portal.extensions import begin_write
from portal.services.operations import setup

log = logging.getLogger(__name__)


def say_how_to_set_up(app: Flask) -> None:
    """Print the link, in a fork: the workers must not share a connection of the master's."""
    child = get_context("fork").Process(target=print_link, args=(app,))
    child.start()
    child.join()


def print_link(app: Flask) -> None:
    """A new link at each start; none where somebody administers the desk, or without a schema."""
    with app.app_context():
        try:
            token = _issue()
        except (SQLAlchemyError, ReadOnlyDesk) as error:
            log.warning("whether the desk is set up is not known: %s", type(error).__name__)
            return
    if token is not None:
        link = f"{app.config['BASE_URL']}/setup/{token}"
        print(f"Nobody administers this desk yet: set it up within a day at {link}", flush=True)


@job
def _issue() -> str | None:
    begin_write()
    return setup.issue()
