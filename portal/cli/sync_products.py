"""`flask sync-products`: have the products of organizations fetched now."""

import click
from flask.cli import with_appcontext

from portal.extensions import begin_write, db
from portal.models.organizations.organization import parse_id
from portal.queries.organizations import organizations
from portal.queries.products import schedules as queries
from portal.services.products import schedules
from portal.services.products.connection import marketplaces_of, missing_keys


@click.command("sync-products")
@click.argument("numbers", nargs=-1, metavar="[ORG000001…]")
@with_appcontext
def sync_products(numbers: tuple[str, ...]) -> None:
    """Have workers fetch the products of these organizations, or of all that sell somewhere.

    One that is being fetched is not begun again. Whose keys are missing is named.
    """
    chosen = [_chosen(number) for number in numbers] or list(queries.sellers())
    begun = 0
    with click.progressbar(chosen, label="Organizations") as bar:
        for organization_id in bar:
            begin_write()
            organization = organizations.lock(organization_id)
            missing = [
                name
                for marketplace in marketplaces_of(organization.marketplace_type)
                for name in missing_keys(organization_id, marketplace)
            ]
            if missing:
                click.echo(f"{organization.number} has not stored {', '.join(missing)}", err=True)
            else:
                begun += len(schedules.begin(organization))
            db.session.commit()
    click.echo(f"{begun} syncs are waiting for workers or running")


def _chosen(number: str) -> int:
    organization_id = parse_id(number)
    if organization_id is None or not organizations.names([organization_id]):
        raise click.ClickException(f"there is no organization {number}")
    return organization_id
