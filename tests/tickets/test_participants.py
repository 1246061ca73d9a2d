"""Participants on the page of a ticket: for staff, the requester, and themselves."""

from collections.abc import Callable

import pytest
from flask import Flask

from portal.extensions import db
from portal.models.tickets import MailedComment, ParticipantWay, Ticket
from portal.services.tickets import participants
from tests import factories
from tests.cast import Cast
from tests.factories import Filed, writing
from tests.mailbox import Mailbox
from tests.page import Page, Visitor

Visit = Callable[[], Visitor]
DORA = "dora@elsewhere.example"


@pytest.fixture
def filed(app: Flask, cast: Cast) -> Filed:
    """Carl's."""
    return factories.file_ticket(app, cast.carl)


@pytest.fixture
def shared(app: Flask, cast: Cast, filed: Filed) -> Filed:
    """Carl's, in which Bob takes part."""
    add(app, cast, filed, cast.bob.email)
    return filed


def add(app: Flask, cast: Cast, filed: Filed, email: str) -> int:
    with writing(app):
        ticket = db.session.get_one(Ticket, filed.id)
        way = ParticipantWay.PAGE
        return participants.add(actor=cast.carl, ticket=ticket, email=email, way=way)


def part(page: Page) -> str:
    return page.one(id="participants").text


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize("who", ["sam", "carl"])
def test_somebody_is_added_by_address(
    client: Visitor, cast: Cast, filed: Filed, mailbox: Mailbox, who: str, htmx: bool
) -> None:
    client.sign_in(getattr(cast, who))
    url = f"/tickets/{filed.number}"
    assert "Add somebody" in part(client.get(url))
    answer = client.post(
        f"{url}/participants", {"email": DORA}, status=200 if htmx else 303, htmx=htmx
    )
    page = answer if htmx else client.follow(answer)
    assert "takes part now" in page.one(id="flash").text
    assert DORA in part(page)
    assert f"added {DORA}" in page.one(id="timeline").text
    assert mailbox.subjects(DORA) == [f"[{filed.number}] You were added to a ticket: A ticket"]


@pytest.mark.parametrize("htmx", [False, True])
def test_a_wrong_address_comes_back_with_what_is_wrong(
    client: Visitor, cast: Cast, filed: Filed, htmx: bool
) -> None:
    client.sign_in(cast.sam)
    url = f"/tickets/{filed.number}/participants"
    for email, words in (
        ("nobody", "not an e-mail address"),
        ("sue@example.com", "People of the desk"),
        ("carl@example.com", "theirs already"),
        ("", "not an e-mail address"),
    ):
        page = client.post(url, {"email": email}, status=422, htmx=htmx)
        field = page.one(id="participant-email")
        assert field.get("aria-invalid") == "true"
        assert field.get("value") == email
        assert words in page.one(id="participant-error").text or not email


@pytest.mark.threat("telling who exists")
def test_a_customer_is_told_no_name_until_they_answer(
    visit: Visit, app: Flask, cast: Cast, shared: Filed
) -> None:
    url = f"/tickets/{shared.number}"
    page = visit().sign_in(cast.carl).get(url)
    assert "Bob" not in page.text
    assert "bob@example.com" in part(page)
    assert "Bob Baker" in part(visit().sign_in(cast.sam).get(url))
    factories.post_comment(app, cast.bob, shared, "It is cold here.")
    assert "Bob Baker" in part(visit().sign_in(cast.carl).get(url))


@pytest.mark.threat("notes and secrets shown")
def test_a_participant_reads_what_the_requester_reads(
    client: Visitor, app: Flask, cast: Cast, shared: Filed
) -> None:
    factories.post_comment(app, cast.sam, shared, "On the way.")
    factories.post_comment(app, cast.sam, shared, "A difficult one.", internal=True)
    client.sign_in(cast.bob)
    page = client.get(f"/tickets/{shared.number}")
    assert "On the way." in page.text
    assert "A difficult one." not in page.text
    assert "Add somebody" not in page.text
    assert "Mark as solved" not in page.text
    client.post(f"/tickets/{shared.number}/comments", {"message": "Thank you."}, status=303)
    client.post(f"/tickets/{shared.number}/status", {"status": "solved"}, status=403)
    client.post(f"/tickets/{shared.number}/participants", {"email": DORA}, status=403)


def test_staff_see_who_speaks_for_the_first_time(
    visit: Visit, app: Flask, cast: Cast, shared: Filed
) -> None:
    factories.post_comment(app, cast.bob, shared, "It is cold here.")
    factories.post_comment(app, cast.bob, shared, "And here.")
    url = f"/tickets/{shared.number}"
    assert visit().sign_in(cast.sam).get(url).one(id="timeline").text.count("New on this") == 1
    assert "New on this" not in visit().sign_in(cast.carl).get(url).text


@pytest.mark.parametrize("htmx", [False, True])
def test_a_participant_leaves_and_sees_it_no_more(
    client: Visitor, cast: Cast, shared: Filed, htmx: bool
) -> None:
    client.sign_in(cast.bob)
    url = f"/tickets/{shared.number}"
    assert "Leave this ticket" in part(client.get(url))
    leave = f"{url}/participants/USR{cast.bob.id:06d}/remove"
    answer = client.post(leave, status=200 if htmx else 303, htmx=htmx)
    to = answer.response.headers["HX-Redirect"] if htmx else answer.location
    page = client.get(to)
    assert "any more" in page.one(id="flash").text
    assert shared.number not in page.one(id="ticket-list").text
    client.get(url, status=404)
    client.post(leave, status=404)


def test_the_requester_takes_somebody_out(visit: Visit, cast: Cast, shared: Filed) -> None:
    carl, url = visit().sign_in(cast.carl), f"/tickets/{shared.number}"
    remove = f"{url}/participants/USR{cast.bob.id:06d}/remove"
    page = carl.follow(carl.post(remove, status=303))
    assert "do not see this ticket" in page.one(id="flash").text
    assert "took bob@example.com out of this ticket" in page.one(id="timeline").text
    visit().sign_in(cast.bob).get(url, status=404)
    carl.post(remove, status=404)
    carl.post(f"{url}/participants/bob/remove", status=404)


@pytest.mark.parametrize("htmx", [False, True])
def test_staff_add_who_was_in_copy_of_an_unproven_mail(
    visit: Visit, app: Flask, cast: Cast, filed: Filed, htmx: bool
) -> None:
    comment_id = factories.post_comment(app, cast.carl, filed, "It drips again.")
    with writing(app):
        in_copy = f"{DORA} {cast.carl.email} {cast.bob.email}"
        db.session.add(MailedComment(comment_id=comment_id, in_copy=in_copy))
    add(app, cast, filed, cast.bob.email)
    url = f"/tickets/{filed.number}"
    assert "In copy" not in visit().sign_in(cast.carl).get(url).text
    sam = visit().sign_in(cast.sam)
    [button] = sam.get(url).all("button", form="add-in-copy")
    assert button.get("value") == DORA
    form = sam.get(url).one(id="add-in-copy")
    answer = sam.post(form["action"], {"email": DORA}, status=200 if htmx else 303, htmx=htmx)
    page = answer if htmx else sam.follow(answer)
    assert DORA in part(page)
    assert not page.all("button", form="add-in-copy")


@pytest.mark.threat("foreign rows")
def test_strangers_add_and_remove_nobody(client: Visitor, cast: Cast, filed: Filed) -> None:
    url = f"/tickets/{filed.number}/participants"
    client.post(url, {"email": DORA}, status=303)
    client.sign_in(cast.bob).post(url, {"email": DORA}, status=404)
    client.post(f"{url}/USR{cast.bob.id:06d}/remove", status=404)
    client.get(url, status=405)


def test_a_closed_ticket_takes_nobody_in(client: Visitor, cast: Cast, shared: Filed) -> None:
    client.sign_in(cast.carl)
    url = f"/tickets/{shared.number}"
    client.post(f"{url}/status", {"status": "closed"}, status=303)
    assert "Add somebody" not in part(client.get(url))
    client.post(f"{url}/participants", {"email": DORA}, status=409)


def test_shared_tickets_have_a_tab_of_the_list(visit: Visit, cast: Cast, shared: Filed) -> None:
    bob = visit().sign_in(cast.bob)
    page = bob.get("/tickets/")
    assert shared.number not in page.one(id="ticket-list").text
    tab = next(link for link in page.all("a") if "I take part" in link.text)
    assert shared.number in bob.get(tab.get("href") or "").one(id="ticket-list").text
    assert shared.number in bob.get("/tickets/?q=water").one(id="ticket-list").text
    carl = visit().sign_in(cast.carl)
    assert "I take part" not in carl.get("/tickets/").text
    assert "no ticket of others" in carl.get("/tickets/?whose=shared").text
