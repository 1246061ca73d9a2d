"""`python -m jobs.launcher.prepare`: what `make run` does before it serves.

It loads all that the web server and the worker need as well. What keeps them from starting is said
here, once and in one line, and exit code 1 ends the start.
"""

from importlib import import_module

from jobs.refusal import said_in_one_line
from portal import create_app
from portal.installation import importing_packages


def main() -> None:
    """Migrate, fill an empty desk, say what is there."""
    with said_in_one_line():
        app = create_app()
        with importing_packages():
            for module in ("gunicorn.app.wsgiapp", "jobs.rq_worker"):
                import_module(module)
            from jobs.launcher import database
        database.prepare(app)


if __name__ == "__main__":
    main()
