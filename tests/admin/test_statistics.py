import csv
import io
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask

from portal import clock
from portal.extensions import begin_write, db
from portal.models.delivery import MailServer, Outbox, OutboxState
from portal.models.organizations import Organization
from portal.models.tickets import Rating
from portal.services.statistics import counting
from tests import factories
from tests.cast import Cast
from tests.databases import BOTH
from tests.html import Node
from tests.page import Visitor

pytestmark = BOTH


def count(app: Flask) -> None:
    """As the sweep does."""
    with app.app_context():
        begin_write()
        counting.count_some()
        db.session.commit()


@pytest.fixture
def busy(app: Flask, cast: Cast) -> list[str]:
    """Three tickets: one is solved and rated, one is urgent."""
    filed = [
        factories.file_ticket(app, cast.ann, f"Matter {n}", department="=Sales & more")
        for n in range(3)
    ]
    factories.post_comment(app, cast.sam, filed[0])
    factories.rate_ticket(app, cast.ann, filed[0], Rating.GOOD)
    count(app)
    return [ticket.number for ticket in filed]


def rows_of(client: Visitor, href: str) -> int:
    page = client.get(href)
    return len([a for a in page.all("a") if a["href"].startswith("/tickets/REQ")])


def numbers(page: Node) -> dict[str, str]:
    """Numbers that are links to the queue, with their addresses."""
    return {
        a["href"]: a.text
        for a in page.all("a")
        if a["href"].startswith("/tickets/queue?view=all&") and a.text.isdigit()
    }


def test_each_number_leads_to_its_tickets(client: Visitor, cast: Cast, busy: list[str]):
    page = client.sign_in(cast.ada).get("/admin/")
    tables = [a["href"] for a in page.all("a") if a.text == "Table"]
    assert len(tables) >= 4
    found = numbers(page)
    for href in tables:
        found |= numbers(client.get(href))
    assert len(found) >= 15
    for href, number in found.items():
        assert rows_of(client, href) == int(number), href


def test_a_chart_leads_to_its_table_and_back(client: Visitor, cast: Cast, busy: list[str]):
    page = client.sign_in(cast.ada).get("/admin/?department=none&range=7d")
    (link,) = [a for a in page.all("a") if a.get("aria-label") == "Filed and solved: Table"]
    table = client.get(link["href"])
    assert table.one("h1").text == "Filed and solved"
    assert len(table.one("tbody").all("tr")) == 7
    (back,) = [a for a in table.one("p", class_="counted").all("a") if a.text == "Statistics"]
    assert back["href"] == "/admin/?range=7d&department=none"


def test_there_is_no_table_of_another_name(client: Visitor, cast: Cast):
    client.sign_in(cast.ada).get("/admin/statistics/nothing", 404)


def test_a_table_of_what_makes_no_sense_is_refused(client: Visitor, cast: Cast):
    client.sign_in(cast.ada).get("/admin/statistics/days?from=soon", 422)


def test_tiles_tell_what_happened(client: Visitor, cast: Cast, busy: list[str]):
    page = client.sign_in(cast.ada).get("/admin/")
    tiles = {tile.one("span").text: tile.one("strong").text for tile in tiles_of(page)}
    assert tiles["Filed"] == "3"
    assert tiles["Solved"] == "1"
    assert tiles["Unsolved at the end"] == "2"
    assert tiles["Good ratings"] == "100 %"


def tiles_of(page: Node) -> list[Node]:
    (tiles,) = [div for div in page.all("div") if div.get("class") == "sums tiles"]
    return [div for div in tiles.all("div") if div.get("class") == "sheet"]


def test_a_narrowing_is_kept_by_links_to_ranges_and_by_files(
    client: Visitor, cast: Cast, busy: list[str]
):
    page = client.sign_in(cast.ada).get("/admin/?department=none&range=7d")
    ranges = page.one("nav", class_="filters").all("a")
    assert [link.get("aria-current") for link in ranges] == [None, "page", None, None, None]
    assert all("department=none" in link["href"] for link in ranges)
    assert {tile.one("strong").text for tile in tiles_of(page)} == {"0", "–"}
    (file,) = [a for a in page.all("a") if a["href"].startswith("/admin/statistics/days.csv")]
    asked = dict(parse_qsl(urlsplit(file["href"]).query))
    assert asked == {"department": "none", "range": "7d"}


@pytest.mark.parametrize("word", ["acme", "ACM", "ORG000001", "org000001"])
def test_an_organization_is_found_by_name_or_number(
    client: Visitor, cast: Cast, busy: list[str], word: str
):
    page = client.sign_in(cast.ada).get(f"/admin/?organization={word}")
    assert tiles_of(page)[0].one("strong").text == "3"
    assert page.one("input", name="organization")["value"] == word
    assert all("organization=ORG000001" in href for href in numbers(page))


def test_a_beginning_of_several_organizations_is_not_enough(
    client: Visitor, app: Flask, cast: Cast
):
    with factories.writing(app):
        db.session.add_all([Organization(name="Acorn"), Organization(name="Acorn & Sons")])
    client.sign_in(cast.ada)
    page = client.get("/admin/?organization=ac", 422)
    sentence = "Several organizations begin so. Write more, or the number."
    assert page.one(id="organization-error").text == sentence
    assert page.one("input", name="organization")["value"] == "ac"
    client.get("/admin/?organization=acorn")


@pytest.mark.parametrize(
    ("query", "field", "sentence"),
    [
        ("from=2026-02-01&to=2026-01-01", "to", "The range ends before it begins."),
        ("from=soon", "from", "This is not a date. Write it as 2026-11-30."),
        ("from=1990-01-01", "from", "A range has at most ten years."),
        ("department=Gone", "department", "No ticket has this department."),
        ("organization=ORG999999", "organization", "No organization has this name or number."),
        ("organization=%25", "organization", "No organization has this name or number."),
        ("range=forever", "range", "Please choose one of the list."),
    ],
)
def test_what_makes_no_sense_is_said_at_its_field(
    client: Visitor, cast: Cast, query: str, field: str, sentence: str
):
    page = client.sign_in(cast.ada).get(f"/admin/?{query}", 422)
    assert page.one(id=f"{field}-error").text == sentence
    assert page.one("h1").text == "Statistics"


def test_a_file_is_read_by_spreadsheets_and_runs_nothing(
    client: Visitor, cast: Cast, busy: list[str]
):
    answer = client.sign_in(cast.ada).get("/admin/statistics/department.csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=department-")
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert rows == [["By department", "Filed", "Solved"], ["'=Sales & more", "3", "1"]]


def test_there_is_no_file_of_another_name(client: Visitor, cast: Cast):
    client.sign_in(cast.ada).get("/admin/statistics/nothing.csv", 404)


def test_words_with_two_meanings_are_put_as_meant_here(
    client: Visitor, cast: Cast, busy: list[str]
):
    client.sign_in(cast.ada).post("/language", {"locale": "ru"})
    page = client.get("/admin/")
    assert page.one("form", class_="asked").all("label")[0].text == "С"
    assert "Самая старая" in [heading.text for heading in page.all("th")]


def test_what_is_counted_later_is_shown_at_once(
    client: Visitor, app: Flask, cast: Cast, busy: list[str]
):
    client.sign_in(cast.ada).get("/admin/")
    factories.file_ticket(app, cast.bob)
    count(app)
    tiles = {
        tile.one("span").text: tile.one("strong").text for tile in tiles_of(client.get("/admin/"))
    }
    assert tiles["Filed"] == "4"


def test_what_needs_a_look_is_counted_now(client: Visitor, app: Flask, cast: Cast, busy: list[str]):
    client.sign_in(cast.ada)
    client.post(f"/tickets/{busy[1]}/priority", {"priority": "urgent"})
    looks = client.get("/admin/").one("div", class_="looks").all("a")
    found = {link.text: link["href"] for link in looks}
    assert rows_of(client, found["1 urgent and unsolved"]) == 1
    assert rows_of(client, found["2 nobody's"]) == 2


def state(client: Visitor) -> str:
    return client.get("/admin/").one("div", class_="looks").text


def test_the_state_of_mail_and_jobs_is_shown(client: Visitor, app: Flask, cast: Cast):
    client.sign_in(cast.ada)
    assert "Mail goes out · Mail comes in · No worker runs" in state(client)
    factories.file_ticket(app, cast.ann, "No hot water")
    assert "Mail waits" in state(client)


def test_mails_that_cannot_be_sent_are_shown(client: Visitor, app: Flask, cast: Cast):
    factories.file_ticket(app, cast.ann, "No hot water")
    with factories.writing(app):
        owed = db.session.scalars(db.select(Outbox).order_by(Outbox.id)).all()
        owed[0].state, owed[0].error = OutboxState.PARKED, "cannot be made: ValueError: no"
    assert "Mails that cannot be sent: 1" in state(client.sign_in(cast.ada))
    # What it is, is told where something can be done about it.
    words = client.get("/admin/jobs").one(id="health").text
    assert "Failed1" in words


def test_a_mail_server_that_is_away_is_shown(client: Visitor, app: Flask, cast: Cast):
    factories.file_ticket(app, cast.ann, "No hot water")
    since = clock.now() - timedelta(minutes=4)
    with factories.writing(app):
        db.session.add(
            MailServer(id=1, failing_since=since, retry_at=clock.now(), error="no route to host")
        )
    assert "The mail server is away" in state(client.sign_in(cast.ada))
    assert "No mail has left for4 min" in client.get("/admin/jobs").one(id="health").text
