from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal import clock
from portal.extensions import db
from portal.models.delivery import Outbox
from portal.models.organizations import Organization
from portal.models.people import TokenPurpose, User, UserToken
from portal.models.tickets import Attachment, Comment, Ticket
from tests import factories
from tests.cast import Cast
from tests.page import Visitor

NEW, FIND = "/tickets/new", "/tickets/new/requesters"
FIELDS = {"subject": "No hot water", "message": "Called at nine.", "priority": "medium"}


@pytest.fixture
def sam(client: Visitor, cast: Cast) -> Visitor:
    return client.sign_in(cast.sam)


def rows(app: Flask, model: Any) -> list[Any]:
    with app.app_context():
        return list(db.session.scalars(select(model).order_by(model.id)))


def mailed(app: Flask) -> set[tuple[str, str]]:
    return {(mail.template, mail.recipient) for mail in rows(app, Outbox)}


@pytest.mark.parametrize(
    "typed", ["Ann Archer", "archer", "ann", "ANN@example.com", "USR000001", "usr000001"]
)
def test_staff_file_for_who_is_named(sam: Visitor, app: Flask, cast: Cast, typed: str):
    page = sam.follow(sam.post(NEW, {**FIELDS, "requester": typed}))
    (ticket,) = rows(app, Ticket)
    assert (ticket.requester_id, ticket.organization_id) == (cast.ann.id, cast.ann.organization_id)
    assert ticket.channel == "phone"
    assert rows(app, Comment)[0].author_id == cast.sam.id
    assert ("ticket_filed", "ann@example.com") in mailed(app)
    said = page.one(id="flash").text
    assert "is filed for Ann Archer." in said
    assert "A receipt goes to ann@example.com." in said


def test_the_requester_finds_it_among_their_tickets(sam: Visitor, app: Flask, cast: Cast):
    sam.post(NEW, {**FIELDS, "requester": "Carl Cooper"})
    page = Visitor(app).sign_in(cast.carl).get("/tickets/REQ000001")
    assert "Called at nine." in page.words


def test_files_come_along_and_the_way_it_came_is_kept(sam: Visitor, app: Flask, cast: Cast):
    files = [(BytesIO(b"hello"), "note.txt")]
    sam.post(NEW, {**FIELDS, "requester": "Ann Archer", "channel": "api", "attachments": files})
    assert [ticket.channel for ticket in rows(app, Ticket)] == ["api"]
    assert [file.filename for file in rows(app, Attachment)] == ["note.txt"]


def test_an_internal_one_tells_the_requester_nothing(sam: Visitor, app: Flask, cast: Cast):
    files = [(BytesIO(b"hello"), "note.txt")]
    fields = {**FIELDS, "requester": "Ann Archer", "internal": "1", "attachments": files}
    page = sam.follow(sam.post(NEW, fields))
    assert "They are not told." in page.one(id="flash").text
    assert {template for template, _to in mailed(app)} == {"ticket_filed_staff"}
    assert [comment.internal for comment in rows(app, Comment)] == [True]
    assert "note.txt" in page.words
    seen = Visitor(app).sign_in(cast.ann).get("/tickets/REQ000001").words
    assert "Called at nine." not in seen
    assert "note.txt" not in seen


def test_who_is_new_gets_an_account_that_their_mailbox_opens(sam: Visitor, app: Flask):
    fields = {**FIELDS, "requester": "Nora@New.Example", "requester_name": "Nora van Dyk"}
    sam.post(NEW, fields)
    sam.post(NEW, {**fields, "subject": "And again"})
    nora = rows(app, User)[-1]
    assert (nora.email, nora.name, nora.password_hash) == ("nora@new.example", "Nora van Dyk", None)
    assert {ticket.requester_id for ticket in rows(app, Ticket)} == {nora.id}
    assert ("ticket_filed", nora.email) in mailed(app)


def test_the_name_of_somebody_known_stays(sam: Visitor, app: Flask, cast: Cast):
    sam.post(NEW, {**FIELDS, "requester": "ann@example.com", "requester_name": "Mallory"})
    assert "Mallory" not in {user.first_name for user in rows(app, User)}


def test_of_several_who_may_be_meant_one_is_chosen(sam: Visitor, app: Flask, cast: Cast):
    with factories.writing(app):
        for name in ("Ann", "Anna"):
            factories.user(f"{name}.berg@example.com".lower(), first_name=name, last_name="Berg")
    page = sam.post(NEW, {**FIELDS, "requester": "ann"}, status=422)
    assert "Choose who is meant" in page.words
    choices = [node["value"] for node in page.all("input", name="person")]
    assert choices == ["ann@example.com", "ann.berg@example.com", "anna.berg@example.com"]
    assert page.one("textarea", name="message").text == FIELDS["message"]
    assert rows(app, Ticket) == []
    sam.post(NEW, {**FIELDS, "requester": "ann", "person": "anna.berg@example.com"})
    (ticket,) = rows(app, Ticket)
    assert ticket.requester_id == rows(app, User)[-1].id


def test_a_beginning_alone_is_asked_about(sam: Visitor, app: Flask, cast: Cast):
    page = sam.post(NEW, {**FIELDS, "requester": "Ann Arch"}, status=422)
    assert [node["value"] for node in page.all("input", name="person")] == ["ann@example.com"]
    assert rows(app, Ticket) == []


def test_a_choice_counts_for_what_was_typed_only(sam: Visitor, app: Flask, cast: Cast):
    sam.post(NEW, {**FIELDS, "requester": "Carl Cooper", "person": "ann@example.com"})
    assert [ticket.requester_id for ticket in rows(app, Ticket)] == [cast.carl.id]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"requester": "Zebedee"}, "Nobody here is called that."),
        ({"requester": "%"}, "Nobody here is called that."),
        ({"requester": "USR999999"}, "Nobody here is called that."),
        ({"requester": "no@where@all"}, "This is not an e-mail address."),
        ({"requester": "x" * 255}, "This is too long."),
        ({"requester": "new@example.com", "requester_name": "x" * 101}, "This is too long."),
        ({"requester": "Ann Archer", "channel": "owl"}, "Please choose one of the list."),
        ({"requester": "Ann Archer", "channel": "import"}, "Please choose one of the list."),
        ({"requester": "Ann Archer", "message": ""}, "Please fill this in."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(
    sam: Visitor, app: Flask, cast: Cast, changes: dict[str, str], sentence: str
):
    people = len(rows(app, User))
    page = sam.post(NEW, {**FIELDS, **changes}, status=422)
    assert sentence in page.words
    assert page.one("input", name="requester")["value"] == changes["requester"]
    assert rows(app, Ticket) == []
    assert len(rows(app, User)) == people


def test_an_address_that_its_owner_may_take_back_is_not_given_away(
    sam: Visitor, app: Flask, cast: Cast
):
    with factories.writing(app):
        link = UserToken(
            user_id=cast.ann.id,
            purpose=TokenPurpose.UNDO_EMAIL,
            expires_at=clock.now() + timedelta(days=1),
            data={"from": "old@example.com", "to": cast.ann.email},
        )
        db.session.add(link)
    page = sam.post(NEW, {**FIELDS, "requester": "old@example.com"}, status=422)
    assert "may take it back" in page.words
    assert rows(app, Ticket) == []


def test_disabled_accounts_are_not_offered_by_name(sam: Visitor, app: Flask, cast: Cast):
    with factories.writing(app):
        db.session.get_one(User, cast.carl.id).is_active = False
    assert not sam.get(f"{FIND}?requester=carl").all("option")
    sam.post(NEW, {**FIELDS, "requester": "Carl Cooper"}, status=422)


def test_without_a_name_it_is_ones_own(sam: Visitor, app: Flask, cast: Cast):
    sam.post(NEW, FIELDS)
    assert [(t.requester_id, t.channel) for t in rows(app, Ticket)] == [(cast.sam.id, "page")]


def test_the_address_of_the_page_may_name_somebody(sam: Visitor, cast: Cast):
    page = sam.get(f"{NEW}?requester=ann@example.com")
    assert page.one("input", name="requester")["value"] == "ann@example.com"


def test_customers_file_their_own_alone(client: Visitor, app: Flask, cast: Cast):
    ann = client.sign_in(cast.ann)
    assert not ann.get(NEW).all("input", name="requester")
    ann.post(NEW, {**FIELDS, "requester": "carl@example.com", "channel": "api", "internal": "1"})
    (ticket,) = rows(app, Ticket)
    assert (ticket.requester_id, ticket.channel) == (cast.ann.id, "page")
    assert [comment.internal for comment in rows(app, Comment)] == [False]


def test_people_are_offered_while_their_name_is_typed(sam: Visitor, app: Flask, cast: Cast):
    options = sam.get(f"{FIND}?requester=ar", htmx=True).all("option")
    assert [(node["value"], node.text) for node in options] == [
        ("ann@example.com", "Ann Archer · Acme")
    ]
    assert not sam.get(f"{FIND}?requester=").all("option")
    assert not sam.get(f"{FIND}?requester={'x' * 5000}").all("option")
    assert len(sam.get(f"{FIND}?requester=a").all("option")) == 2


def test_names_are_offered_as_text(sam: Visitor, app: Flask):
    with factories.writing(app):
        factories.user("x@example.com", first_name="<b>Bold</b>", last_name="&amp;")
    (option,) = sam.get(f"{FIND}?requester=bold").all("option")
    assert option.text == "<b>Bold</b> &amp;"


@pytest.mark.parametrize("person", ["ann", "carl"])
def test_customers_are_offered_nobody(client: Visitor, cast: Cast, person: str):
    client.sign_in(getattr(cast, person)).get(f"{FIND}?requester=a", status=404)


def test_strangers_are_offered_nobody(client: Visitor):
    client.get(f"{FIND}?requester=a", status=303)


def test_nothing_is_posted_to_the_list(sam: Visitor):
    sam.post(FIND, {"requester": "a"}, status=405)


def test_a_personal_organization_is_not_named(sam: Visitor, app: Flask, cast: Cast):
    with app.app_context():
        assert db.session.get_one(Organization, cast.carl.organization_id).personal
    (option,) = sam.get(f"{FIND}?requester=carl").all("option")
    assert option.text == "Carl Cooper"
