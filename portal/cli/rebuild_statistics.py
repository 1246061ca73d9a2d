"""`flask rebuild-statistics`: count all tickets anew."""

import click
from flask.cli import with_appcontext

from portal.extensions import begin_write, db
from portal.queries.statistics import progress
from portal.services.statistics import counting


@click.command("rebuild-statistics")
@with_appcontext
def rebuild_statistics() -> None:
    """Count all tickets anew, while the desk is open. Stopped, it is ended by the sweeps."""
    begin_write()
    counting.begin_anew()
    db.session.commit()
    with click.progressbar(length=progress.find().goal, label="Tickets") as bar:
        left, done = True, 0
        while left:
            begin_write()
            left = counting.count_some()
            db.session.commit()
            now = progress.find().counted_to
            bar.update(now - done)
            done = now
    click.echo(f"{progress.counted_tickets()} tickets are counted")
