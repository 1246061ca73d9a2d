"""Who is taken out of a ticket has nothing of it from that moment, however it was reached."""

import io
import zipfile

import pytest
from flask import Flask
from sqlalchemy import select

from jobs.exports import export_person
from jobs.outbox import send_due
from portal.extensions import db
from portal.models.delivery import Outbox, OutboxState
from portal.models.people import User
from portal.models.tickets import Attachment, ParticipantWay, Ticket
from portal.queries.privacy import personal_data
from portal.services.tickets import participants
from tests import factories
from tests.api.api_client import ApiClient, token_of
from tests.cast import Cast
from tests.factories import Filed, writing
from tests.page import Visitor
from tests.waiting import PATIENCE

pytestmark = pytest.mark.threat("rights kept or taken")

SAID = "The boiler in room 42 is cold."


@pytest.fixture
def shared(app: Flask, cast: Cast) -> Filed:
    """Carl's, with a file, in which Bob takes part."""
    ticket = factories.file_ticket(app, cast.carl, "No hot water", SAID)
    file = (io.BytesIO(b"12 degrees"), "log.txt")
    url = f"/tickets/{ticket.number}/comments"
    Visitor(app).sign_in(cast.carl).post(url, {"message": "A file.", "attachments": file})
    with writing(app):
        row = db.session.get_one(Ticket, ticket.id)
        add = {"email": cast.bob.email, "way": ParticipantWay.PAGE}
        participants.add(actor=cast.carl, ticket=row, **add)  # type: ignore[arg-type]
    return ticket


def take_out(app: Flask, cast: Cast, shared: Filed) -> None:
    with writing(app):
        row = db.session.get_one(Ticket, shared.id)
        participants.remove(actor=cast.carl, ticket=row, user_id=cast.bob.id)


def test_pages_files_and_the_api_are_gone(app: Flask, cast: Cast, shared: Filed) -> None:
    with app.app_context():
        [file] = db.session.scalars(select(Attachment.id))
    url = f"/tickets/{shared.number}"
    pages = [url, f"{url}/attachments/{file}", f"{url}/messages/1"]
    calls = [url, f"{url}/comments", f"{url}/participants", f"/attachments/{file}"]
    bob, program = Visitor(app).sign_in(cast.bob), ApiClient(app, token_of(app, cast.bob))

    def answered(status: int) -> list[str]:
        """What Bob finds by words, when all addresses answer that."""
        assert {bob.http.get(page).status_code for page in pages} == {status}
        for call in calls:
            program.get(call, status)
        return [one["number"] for one in program.get("/tickets?q=boiler").json["items"]]

    assert answered(200) == [shared.number]
    take_out(app, cast, shared)
    assert answered(404) == []


def test_a_copy_of_data_that_was_made_is_not_given_out(
    app: Flask, cast: Cast, shared: Filed
) -> None:
    factories.post_comment(app, cast.bob, shared, "It is cold here, too.")
    program = ApiClient(app, token_of(app, cast.bob))
    location = program.post("/account/export-data", status=202).headers["Location"]
    number = int(location.rpartition("/")[2])
    with app.app_context():
        export_person(number)
        bob = db.session.get_one(User, cast.bob.id).actor
        assert personal_data.ticket_ids(bob) == [shared.id]
    body = program.get(f"/account/exports/{number}").body
    with zipfile.ZipFile(io.BytesIO(body)) as made:
        assert any(SAID.encode() in made.read(name) for name in made.namelist())
        assert b"ticket_id" in made.read("participations.json")
    take_out(app, cast, shared)
    assert not program.ask("GET", f"/account/exports/{number}").body.startswith(b"PK")
    with app.app_context():
        bob = db.session.get_one(User, cast.bob.id).actor
        assert personal_data.ticket_ids(bob) == []


def test_mails_that_wait_do_not_leave(app: Flask, cast: Cast, shared: Filed) -> None:
    factories.post_comment(app, cast.sam, shared, "On the way.")
    take_out(app, cast, shared)
    with app.app_context():
        send_due(PATIENCE)
        mine = select(Outbox.template, Outbox.state).where(Outbox.user_id == cast.bob.id)
        states = {(row.template, row.state) for row in db.session.execute(mine)}
    dropped = OutboxState.DROPPED
    assert states == {("participant_added", dropped), ("reply", dropped)}
