"""Operator's commands: `flask --app wsgi …`. Each checks, calls services, commits and prints."""

import click
from flask import Flask

from portal.cli import (
    accounts,
    demo,
    doctor,
    errors_in_one_line,
    inbound,
    learn,
    mail_doctor,
    migrations,
    outbox,
    rebuild_statistics,
    rotate_keys,
    setup_link,
    sync_products,
)
from portal.cli.backups import backup, claim_files, move_files, restore, restore_ticket
from portal.cli.importing import import_tickets
from portal.cli.moving import move_database, read_only


def attach(app: Flask) -> None:
    """Add the commands to `flask`."""
    for command in (
        accounts.create_user,
        backup.backup,
        restore.restore,
        claim_files.claim_files,
        demo.seed_demo,
        doctor.doctor,
        import_tickets.import_tickets,
        inbound.inbound,
        learn.learn,
        mail_doctor.mail_doctor,
        move_database.move_database,
        move_files.move_files,
        outbox.outbox,
        read_only.read_only,
        rebuild_statistics.rebuild_statistics,
        rotate_keys.rotate_keys,
        restore_ticket.restore_ticket,
        setup_link.setup_link,
        sync_products.sync_products,
    ):
        app.cli.add_command(command)
    for known in app.cli.commands.values():
        errors_in_one_line.report(known)
    if click.get_current_context(silent=True) is not None:
        migrations.attach(app)
