"""`flask doctor`: prints the findings of all checks."""

from collections.abc import Callable

import click
from flask.cli import with_appcontext
from sqlalchemy.exc import SQLAlchemyError

from portal.cli.checks import CHECKS
from portal.cli.finding import FAIL, Finding, Findings
from portal.extensions import db


@click.command()
@with_appcontext
def doctor() -> None:
    """Look at settings, keys, disk, files, clock, database, queue, mail, backups, and what else.

    A line for each; the exit code is 1 when one of them says FAIL.
    """
    failed = False
    for name, check in CHECKS.items():
        for finding in _findings(check):
            failed = failed or finding.level == FAIL
            click.echo(f"{finding.level:<5}{name:<11}{finding.text}")
    if failed:
        raise SystemExit(1)


def _findings(check: Callable[[], Findings]) -> list[Finding]:
    try:
        return list(check())
    except SQLAlchemyError as error:
        db.session.rollback()
        cause = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        if "startup parameter" in cause:
            cause += " (is it PgBouncer? then DATABASE_URL ends in ?pgbouncer=1)"
        return [Finding(FAIL, f"the database cannot be asked: {cause}")]
    except Exception as error:
        # Go on: another check may tell the cause.
        db.session.rollback()
        return [Finding(FAIL, f"cannot be looked at: {type(error).__name__}: {error}")]
