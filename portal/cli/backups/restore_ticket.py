"""`flask restore-ticket`: take a ticket out of the trash."""

import click
from flask.cli import with_appcontext

from portal.errors import NotFound
from portal.extensions import begin_write, db
from portal.queries.people import users
from portal.queries.tickets import trash
from portal.services.tickets import tickets as services


@click.command("restore-ticket")
@click.argument("number")
@click.option("--by", "email", required=True, help="Address of the staff member who asks for it.")
@with_appcontext
def restore_ticket(number: str, email: str) -> None:
    """Take ticket NUMBER (REQ000001) out of the trash: it is back as it was."""
    begin_write()
    user = users.by_typed_email(email)
    if user is None or not user.is_assignable:
        raise click.ClickException(f"{email} is nobody on the staff")
    try:
        services.restore(actor=user.actor, ticket=trash.find(user.actor, number))
    except NotFound:
        raise click.ClickException(f"{number} is not in the trash") from None
    db.session.commit()
    click.echo(f"{number} is back")
