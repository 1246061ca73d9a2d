from datetime import timedelta

from flask import Flask

from portal import clock
from portal.extensions import db
from portal.models.delivery import MailServer, Outbox, OutboxState
from portal.models.tickets import Rating
from tests import factories
from tests.cast import Cast
from tests.databases import BOTH
from tests.page import Visitor

pytestmark = BOTH


def test_each_number_leads_to_its_tickets(client: Visitor, app: Flask, cast: Cast):
    numbers = [factories.file_ticket(app, cast.ann, f"Matter {n}").number for n in range(3)]
    client.sign_in(cast.ada)
    client.post(f"/tickets/{numbers[0]}/status", {"status": "solved"})
    client.post(f"/tickets/{numbers[1]}/priority", {"priority": "urgent"})
    page = client.get("/admin/")
    links = {
        (row.one("th").text, row.one("a").text): row.one("a")["href"]
        for table in page.all("table")
        for row in table.one("tbody").all("tr")
    }
    for (label, count), href in links.items():
        rows = [a for a in client.get(href).all("a") if a["href"].startswith("/tickets/REQ")]
        assert len(rows) == int(count), (label, href)
    assert ("Solved", "1") in links
    assert ("Urgent", "1") in links


def test_what_customers_said_in_the_last_thirty_days_leads_to_their_words(
    client: Visitor, app: Flask, cast: Cast
):
    for number, rating in enumerate([Rating.GOOD, Rating.GOOD, Rating.BAD]):
        filed = factories.file_ticket(app, cast.ann, f"Matter {number}")
        factories.rate_ticket(app, cast.ann, filed, rating)
    with clock.at(clock.now() - timedelta(days=31)):
        factories.rate_ticket(app, cast.bob, factories.file_ticket(app, cast.bob), Rating.BAD)
    page = client.sign_in(cast.ada).get("/admin/")
    for label, count in (("Rated good in 30 days", 2), ("Rated bad in 30 days", 1)):
        (sum_,) = [a for a in page.all("a", class_="sheet") if a.one("span").text == label]
        assert sum_.one("strong").text == str(count)
        rows = client.get(sum_["href"]).all("li", id=True)
        assert len(rows) == count


def test_the_state_of_mail_and_jobs_is_shown(client: Visitor, app: Flask, cast: Cast):
    factories.file_ticket(app, cast.ann, "No hot water")
    words = client.sign_in(cast.ada).get("/admin/").one(id="health").text
    assert "Waiting2" in words
    assert "No worker runs" in words


def test_mails_that_cannot_be_made_are_shown(client: Visitor, app: Flask, cast: Cast):
    factories.file_ticket(app, cast.ann, "No hot water")
    assert "Cannot be made" not in client.sign_in(cast.ada).get("/admin/").one(id="health").text
    with factories.writing(app):
        owed = db.session.scalars(db.select(Outbox).order_by(Outbox.id)).all()
        owed[0].state, owed[0].error = OutboxState.PARKED, "cannot be made: ValueError: no"
    words = client.get("/admin/").one(id="health").text
    assert "Failed1" in words
    assert "Cannot be made1" in words


def test_a_mail_server_that_is_away_is_shown(client: Visitor, app: Flask, cast: Cast):
    factories.file_ticket(app, cast.ann, "No hot water")
    assert "away" not in client.sign_in(cast.ada).get("/admin/").one(id="health").text
    since = clock.now() - timedelta(minutes=4)
    with factories.writing(app):
        db.session.add(
            MailServer(id=1, failing_since=since, retry_at=clock.now(), error="no route to host")
        )
    words = client.get("/admin/").one(id="health").text
    assert "The mail server is away" in words
    assert "No mail has left for4 min" in words
    assert "no route to host" in words
