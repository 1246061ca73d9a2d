"""`flask setup-link`: prints a new link that makes the first administrator."""

import click
from flask import current_app
from flask.cli import with_appcontext

from portal.extensions import begin_write, db
from portal.services.operations import setup


@click.command("setup-link")
@with_appcontext
def setup_link() -> None:
    """Print a link that sets up the desk: it works once, for a day, and ends the former one."""
    begin_write()
    token = setup.issue()
    db.session.commit()
    if token is None:
        raise click.ClickException("somebody administers this desk already")
    click.echo(f"{current_app.config['BASE_URL']}/setup/{token}")
