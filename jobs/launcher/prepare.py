"""What the web server of `make run` does before it listens: prepare the database."""

import os
import signal
from multiprocessing import get_context

from flask import Flask

from jobs.process import die_with_parent
from jobs.refusal import said_in_one_line
from portal.installation import importing_packages


def prepare(app: Flask) -> None:
    """Migrate and fill it, in a fork, which gives back the memory that migrating takes.

    Raises SystemExit when that cannot be done; the fork has said why, unless it was killed.
    """
    child = get_context("fork").Process(target=_prepare, args=(app, os.getpid()))
    child.start()
    child.join()
    if child.exitcode:
        killed = f"lodge: preparing the database was ended by signal {-child.exitcode}"
        raise SystemExit(1 if child.exitcode > 0 else killed)


def _prepare(app: Flask, parent: int) -> None:
    die_with_parent(signal.SIGKILL, parent)
    with said_in_one_line():
        with importing_packages():
            from jobs.launcher import database  # late: it loads what only migrating needs
        database.prepare(app)
