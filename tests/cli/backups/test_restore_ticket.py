"""`flask restore-ticket`: what was put into the trash comes back."""

from click.testing import Result
from flask import Flask

from portal.cli.backups.restore_ticket import restore_ticket
from portal.extensions import db
from portal.models.tickets import Ticket
from portal.services.tickets import tickets
from tests import factories
from tests.cast import Cast


def run(app: Flask, number: str, email: str = "sam@example.com") -> Result:
    return app.test_cli_runner().invoke(restore_ticket, [number, "--by", email])


def test_a_ticket_comes_back(app: Flask, cast: Cast) -> None:
    filed = factories.file_ticket(app, cast.ann)
    with factories.writing(app):
        tickets.delete(actor=cast.sam, ticket=db.session.get_one(Ticket, filed.id))
    assert run(app, filed.number).output == "REQ000001 is back\n"
    with app.app_context():
        assert db.session.get_one(Ticket, filed.id).deleted_at is None


def test_what_is_not_in_the_trash_is_said_so(app: Flask, cast: Cast) -> None:
    filed = factories.file_ticket(app, cast.ann)
    for number in (filed.number, "REQ000999", "nonsense"):
        result = run(app, number)
        assert (result.exit_code, f"{number} is not in the trash" in result.output) == (1, True)


def test_it_is_somebody_of_the_staff_who_asks(app: Flask, cast: Cast) -> None:
    for email in ("ann@example.com", "nobody@example.com"):
        result = run(app, "REQ000001", email)
        assert (result.exit_code, "nobody on the staff" in result.output) == (1, True)
