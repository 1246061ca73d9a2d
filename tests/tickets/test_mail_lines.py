"""What staff read about mails: before an answer who will get one, and then what became of it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.extensions import db
from portal.models.delivery import MailServer, Outbox, OutboxState, ReasonNotToSend
from portal.models.people import User
from portal.models.tickets import Ticket
from portal.services.inbound import mailbox_settings
from portal.services.inbound.mailbox_settings import MailboxValues
from portal.services.tickets import tickets
from portal.web.templating.labels import NOT_SENT_LABELS
from tests import factories
from tests.cast import Cast
from tests.inbound.mails import mail, take_in
from tests.mailbox import Mailbox
from tests.page import Page, Visitor

Visit = Callable[[], Visitor]
MAILBOX = "the staff mailbox"
NOON = datetime(2036, 6, 1, 12, tzinfo=UTC)
# All that can be true of somebody who is told of something.
PEOPLE: dict[str, dict[str, Any]] = {
    "reads mail": {},
    "has not proven the address": {"is_verified": False},
    "has switched it off": {"muted": ["reply", "customer_reply", "assigned"]},
    "is disabled": {"is_active": False},
    "was imported without an address": {"email": "imported-customer@lodge.invalid"},
    "has an address that no server takes": {"email": "анна@example.com"},
    "is erased": {"email": "gone@deleted.invalid", "is_active": False},
    "has moved to another organization": {"organization_id": "carl"},
}


@pytest.fixture
def filed(app: Flask, cast: Cast) -> factories.Filed:
    """Bob's ticket; the mails about its filing are gone."""
    made = factories.file_ticket(app, cast.bob)
    forget_mails(app)
    return made


def forget_mails(app: Flask) -> None:
    with factories.writing(app):
        for row in db.session.scalars(select(Outbox)):
            db.session.delete(row)


def become(app: Flask, cast: Cast, who: str, state: str) -> None:
    changes = dict(PEOPLE[state])
    if "organization_id" in changes:
        changes["organization_id"] = cast.carl.organization_id
    with factories.writing(app):
        person = db.session.get_one(User, getattr(cast, who).id)
        for name, value in changes.items():
            setattr(person, name, value)


def mails(app: Flask) -> dict[str, Outbox]:
    """The mails by the name of whom they are for."""
    with app.app_context():
        rows = db.session.scalars(select(Outbox)).all()
        return {
            db.session.get_one(User, row.user_id).name if row.user_id else MAILBOX: row
            for row in rows
        }


def said_before(page: Page, mode: str = "public") -> str:
    return page.one(id="reply").one("p", class_=f"when-{mode}").text


def promised(app: Flask) -> set[str]:
    """The sentences that were true of what became of the mails."""
    return {
        f"Goes to {name} by mail." if row.state == OutboxState.SENT else f"No mail goes to {name}: "
        for name, row in mails(app).items()
    }


def check_promise(sentence: str, app: Flask) -> None:
    for part in promised(app):
        assert part in sentence
    assert sentence.count("by mail.") + sentence.count("No mail goes") == len(mails(app))


@pytest.mark.parametrize("state", PEOPLE)
def test_what_is_said_of_an_answer_is_what_becomes_of_it(
    visit: Visit, app: Flask, cast: Cast, filed: factories.Filed, mailbox: Mailbox, state: str
) -> None:
    become(app, cast, "bob", state)
    sam = visit().sign_in(cast.sam)
    sentence = said_before(sam.get(f"/tickets/{filed.number}"))
    sam.post(f"/tickets/{filed.number}/comments", {"message": "On our way."})
    mailbox.send()
    assert len(mails(app)) == 1
    check_promise(sentence, app)


@pytest.mark.parametrize("state", PEOPLE)
def test_what_is_said_once_it_is_sent_is_true_as_well(
    visit: Visit, app: Flask, cast: Cast, filed: factories.Filed, state: str
) -> None:
    become(app, cast, "bob", state)
    sam, path = visit().sign_in(cast.sam), f"/tickets/{filed.number}/comments"
    said = sam.post(path, {"message": "On our way."}, 200, htmx=True).words
    [(name, row)] = mails(app).items()
    sent = row.state == OutboxState.PENDING
    assert (f"Sent to {name}." in said, f"No mail goes to {name}: " in said) == (sent, not sent)


@pytest.mark.parametrize("assigned", [False, True])
@pytest.mark.parametrize("state", [*PEOPLE])
def test_what_is_said_to_staff_who_asked_themselves_is_what_becomes_of_it(
    visit: Visit, app: Flask, cast: Cast, mailbox: Mailbox, state: str, assigned: bool
) -> None:
    filed = factories.file_ticket(app, cast.sam)
    with factories.writing(app):
        ticket = db.session.get_one(Ticket, filed.id)
        sue = db.session.get_one(User, cast.sue.id)
        tickets.assign(actor=cast.ada, ticket=ticket, assignee=sue if assigned else None)
    forget_mails(app)
    become(app, cast, "sue", state)
    sam = visit().sign_in(cast.sam)
    sentence = said_before(sam.get(f"/tickets/{filed.number}"))
    sam.post(f"/tickets/{filed.number}/comments", {"message": "Any news?"})
    mailbox.send()
    check_promise(sentence, app)


def test_nobody_is_promised_a_mail_about_a_note(
    visit: Visit, app: Flask, cast: Cast, filed: factories.Filed, mailbox: Mailbox
) -> None:
    sam = visit().sign_in(cast.sam)
    sentence = said_before(sam.get(f"/tickets/{filed.number}"), "note")
    sam.post(f"/tickets/{filed.number}/comments", {"message": "Hush.", "internal": "1"})
    mailbox.send()
    assert (
        sentence == "Only staff can read this. @Name tells a colleague of it. Nobody gets a mail."
    )
    assert not mails(app)


def test_customers_are_told_nothing_of_mails(
    visit: Visit, app: Flask, cast: Cast, filed: factories.Filed
) -> None:
    factories.post_comment(app, cast.sam, filed)
    for person in (cast.bob, cast.ann):
        page = visit().sign_in(person).get(f"/tickets/{filed.number}")
        assert not page.all(class_="mails") and not page.all(id="send-again")
        assert not page.all("p", class_="when-public")


def lines(page: Page) -> list[str]:
    """What stands at the entries of the timeline about mails."""
    return [line.text for entry in page.all("ul", class_="mails") for line in entry.all("li")]


def set_mails(app: Flask, **values: Any) -> None:
    with factories.writing(app):
        db.session.execute(update(Outbox).values(**values))


@pytest.fixture
def shown(
    visit: Visit, app: Flask, cast: Cast, filed: factories.Filed
) -> Callable[..., tuple[str, bool]]:
    """What Sam reads of the mail to Bob when its row has those values; and may it be sent again?"""
    factories.post_comment(app, cast.sam, filed)
    sam = visit().sign_in(cast.sam)

    def read(**values: Any) -> tuple[str, bool]:
        set_mails(app, **values)
        page = sam.get(f"/tickets/{filed.number}")
        [line] = lines(page)
        return line, bool(page.all("button", form="send-again"))

    return read


def test_a_mail_that_nobody_has_tried_is_on_its_way(shown: Callable[..., Any]) -> None:
    line = "Mail to Bob Baker is on its way"
    assert shown(attempts=0) == (line, False)
    assert shown(lease="x", error="451 later", due_at=NOON) == (line, False)


def test_a_mail_that_left_says_when(shown: Callable[..., Any]) -> None:
    line = "Mailed to Bob Baker · Jun 1, 2036, 12:00"
    assert shown(state="sent", sent_at=NOON, error=None) == (line, False)


def test_a_mail_that_waits_says_why_and_until_when(shown: Callable[..., Any]) -> None:
    line = "Mail to Bob Baker is late · next try Jun 1, 2036, 12:00 · 451 later"
    assert shown(error="451 later", due_at=NOON) == (line, False)


def test_a_mail_that_waits_for_the_server_says_when_that_is_tried(
    shown: Callable[..., Any], app: Flask
) -> None:
    with factories.writing(app):
        db.session.add(MailServer(id=1, failing=[], retry_at=NOON + timedelta(hours=1)))
    line = "Mail to Bob Baker is late · next try Jun 1, 2036, 13:00 · the mail server is away"
    assert shown(due_at=NOON) == (line, False)
    assert shown(state="sent", sent_at=NOON)[0].startswith("Mailed to")


def test_a_mail_that_was_given_up_says_why_and_can_be_sent_again(
    shown: Callable[..., Any],
) -> None:
    line = "Mail to Bob Baker was given up · 550 <b>unknown</b> Send again Bob Baker"
    assert shown(state="parked", error="550\n<b>unknown</b>") == (line, True)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ReasonNotToSend.DECLINED, " · such mails are switched off"),
        ("not wanted any more", " · not wanted any more"),
        (None, ""),
    ],
)
def test_a_mail_that_is_not_sent_says_why(
    shown: Callable[..., Any], error: str | None, reason: str
) -> None:
    assert shown(state="dropped", error=error) == (f"No mail to Bob Baker{reason}", False)


def test_every_reason_on_a_ticket_has_words_for_pages() -> None:
    others = {
        ReasonNotToSend.LINK_DEAD,
        ReasonNotToSend.INVITATION_DEAD,
        ReasonNotToSend.NOT_ASKED,
        ReasonNotToSend.REGISTRATION_DEAD,
        ReasonNotToSend.NOT_MANAGING,
        ReasonNotToSend.UNSUBSCRIBED,
        ReasonNotToSend.NO_STATISTICS,
        ReasonNotToSend.DOMAIN_DEAD,
    }
    assert set(ReasonNotToSend) - others == set(NOT_SENT_LABELS)


def test_each_entry_has_its_own_mails(
    visit: Visit, app: Flask, cast: Cast, filed: factories.Filed
) -> None:
    first = factories.post_comment(app, cast.ann, filed, "Me too.")
    factories.post_comment(app, cast.sam, filed, "Hush.", internal=True)
    with factories.writing(app):
        ticket = db.session.get_one(Ticket, filed.id)
        tickets.assign(
            actor=cast.sue, ticket=ticket, assignee=db.session.get_one(User, cast.sam.id)
        )
    page = visit().sign_in(cast.sam).get(f"/tickets/{filed.number}")
    told = {
        entry.get("id", ""): [line.text for line in entry.one(class_="mails").all("li")]
        for entry in page.one(id="timeline").all("li")
        if entry.all(class_="mails")
    }
    assert told == {
        f"comment-{first}": ["Mail to Bob Baker is on its way", f"Mail to {MAILBOX} is on its way"],
        "": ["Mail to Sam Smith is on its way"],
    }


def test_a_message_whose_mails_are_forgotten_says_nothing(
    visit: Visit, app: Flask, cast: Cast, filed: factories.Filed
) -> None:
    factories.post_comment(app, cast.sam, filed)
    forget_mails(app)
    assert lines(visit().sign_in(cast.sam).get(f"/tickets/{filed.number}")) == []


@pytest.mark.parametrize(("name", "is_told"), [("sam", True), ("ann", False)])
def test_staff_read_which_mailbox_a_ticket_came_to_and_how(
    app: Flask, cast: Cast, visit: Visit, name: str, is_told: bool
):
    with factories.writing(app):
        mailbox_settings.create(actor=cast.ada, values=MailboxValues(address="sales@example.com"))
    take_in(app, mail(to="sales@example.com"))
    page = visit().sign_in(getattr(cast, name)).get("/tickets/REQ000001")
    assert ("sales@example.com, brought by a command" in page.words) is is_told
