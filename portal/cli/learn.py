"""`flask learn`: learn all solved tickets anew, and measure what was learned."""

import click
from flask.cli import with_appcontext

from portal.extensions import begin_write, db
from portal.queries.assistance import measuring as precision
from portal.queries.assistance import waiting, wanted
from portal.services.assistance import learning, measuring


@click.command()
@with_appcontext
def learn() -> None:
    """Learn all solved tickets anew, while the desk is open. Stopped, the sweeps go on with it."""
    if not wanted.learns():
        raise click.ClickException("nothing that is learned is switched on: ASSISTANCE_SUGGESTIONS")
    begin_write()
    learning.begin_anew()
    db.session.commit()
    with click.progressbar(length=learning.left(), label="Tickets") as bar:
        left, done = True, 0
        while left:
            begin_write()
            left = learning.learn_some()
            db.session.commit()
            now = _learned()
            bar.update(now - done)
            done = now
    if (found := precision.find()) is not None:
        begin_write()
        measuring.keep(found)
        db.session.commit()
    click.echo(f"{_learned()} tickets are learned")


def _learned() -> int:
    progress = waiting.state().progress
    return progress.tickets if progress else 0
