"""Operator's commands: `flask --app wsgi …`. Each is an edge: it checks, calls, commits, prints."""

import click
from flask import Flask

from portal.cli import (
    accounts,
    backup,
    claim_files,
    complete,
    demo,
    doctor,
    import_tickets,
    migrations,
    outbox,
    rotate_keys,
    trash,
)


def attach(app: Flask) -> None:
    """Make the commands known to `flask`."""
    for command in (
        accounts.create_user,
        backup.backup,
        backup.restore,
        claim_files.claim_files,
        demo.seed_demo,
        doctor.doctor,
        import_tickets.import_tickets,
        outbox.outbox,
        rotate_keys.rotate_keys,
        trash.restore_ticket,
    ):
        app.cli.add_command(command)
    for known in app.cli.commands.values():
        complete.speak_plainly(known)
    if click.get_current_context(silent=True) is not None:
        migrations.attach(app)
