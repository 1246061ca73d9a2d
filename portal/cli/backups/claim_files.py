"""`flask claim-files`: the operator says that the file store is this desk's."""

import click
from flask import current_app
from flask.cli import with_appcontext

from portal.cli.backups import data_loss
from portal.errors import ForeignStore, StorageAway, StorageFull
from portal.extensions import begin_write, db
from portal.services.operations import desk
from portal.storage import open_storage


@click.command("claim-files")
@data_loss.yes_option
@with_appcontext
def claim_files(yes: bool) -> None:
    """Make the folder of FILES_URL this desk's, whosever it was.

    For a desk whose files are lost, and for a folder that was put together by hand. The sweep
    deletes, from the next day on, what is in it and is not named by this desk's database.
    """
    url, account = current_app.config["FILES_URL"], current_app.config["S3_ACCOUNT"]
    data_loss.confirm_loss([f"whatever is in {url} and not named by this desk's database"], yes=yes)
    try:
        # Before: a transaction that writes reads a table of the schema itself.
        desk.require_schema()
        begin_write()
        desk.claim_store_by_force(open_storage(url, account=account))
    except ForeignStore as refusal:
        raise click.ClickException(str(refusal)) from None
    except (StorageAway, StorageFull):
        raise click.ClickException(f"{url} cannot be written, or is full") from None
    db.session.commit()
    click.echo(f"{url} is this desk's")
