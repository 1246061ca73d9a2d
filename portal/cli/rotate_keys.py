"""`flask rotate-keys`: re-encrypts everything under the newest key."""

import click
from flask import current_app
from flask.cli import with_appcontext

from portal.extensions import begin_write, db
from portal.services.operations import rotation
from portal.services.operations.rotation import EncryptedColumn

_BATCH = 200


@click.command("rotate-keys")
@with_appcontext
def rotate_keys() -> None:
    """Re-encrypt credentials and second factors under the first of ENCRYPTION_MASTER_KEY.

    Put a new key first and keep the old ones behind it, run this, then take the old ones away.
    It can run beside the desk, and again after it was interrupted. What none of the keys opens is
    named and stays as it is, and the exit code is 1.
    """
    if not current_app.config["ENCRYPTION_MASTER_KEYS"]:
        raise click.ClickException("ENCRYPTION_MASTER_KEY is not set")
    lost = []
    places = rotation.encrypted_columns()
    with click.progressbar(length=sum(map(rotation.count, places)), label="Secrets") as bar:
        for place in places:
            lost += _rotate(place, bar)
    click.echo(f"{bar.pos - len(lost)} are under the first key, {len(lost)} could not be opened")
    for name in lost:
        click.echo(f"no key opens {name}", err=True)
    if lost:
        raise SystemExit(1)


def _rotate(place: EncryptedColumn, bar: "click._termui_impl.ProgressBar[int]") -> list[str]:
    """Re-encrypt one column. Returns the names of values that no key opens."""
    lost: list[str] = []
    last = 0
    while True:
        begin_write()
        seen, unopened = rotation.rotate(place, after=last, limit=_BATCH)
        db.session.commit()
        lost += [f"{place.name} {row_id}" for row_id in unopened]
        if not seen:
            return lost
        bar.update(len(seen))
        last = seen[-1]
