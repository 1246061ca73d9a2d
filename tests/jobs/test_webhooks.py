"""What webhooks are told, and signed how: all that is theirs to see, and nothing else."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from redis import Redis

from portal import clock
from portal.extensions import begin_write, db
from portal.models.delivery import OutboxState
from portal.models.people import OrganizationRole, User
from portal.models.products.product import format_id as format_product
from portal.models.tickets import Priority, Rating, Ticket, TicketStatus
from portal.models.webhooks import Webhook, WebhookEvent
from portal.queries.privacy import find_personal_data
from portal.queueing import BACKLOG_QUEUE, QUEUE
from portal.security.people import tokens
from portal.services.organizations import invitations
from portal.services.people import accounts
from portal.services.privacy import scrub
from portal.services.tickets import products, tickets
from portal.services.webhooks import webhooks
from tests import factories
from tests.api.api_client import document, faults
from tests.cast import Cast, password_hash
from tests.products import add_product
from tests.webhook_receiver import Receiver
from tests.webhooks import create_webhook, deliver_due, deliveries


def types(hooked: Receiver) -> list[str]:
    return [taken.type for taken in hooked.taken]


def change(
    app: Flask, filed: factories.Filed, verb: Callable[..., object], **facts: object
) -> None:
    with factories.writing(app):
        verb(ticket=db.session.get_one(Ticket, filed.id), **facts)


def a_life(app: Flask, cast: Cast) -> None:
    """All that can happen to a ticket of Bob's."""
    filed = factories.file_ticket(app, cast.bob, "Cold radiator")
    with app.app_context():
        sue = db.session.get_one(User, cast.sue.id)
    change(app, filed, tickets.assign, actor=cast.sam, assignee=sue)
    factories.post_comment(app, cast.sue, filed, "Only for us: she is *difficult*.", internal=True)
    factories.post_comment(app, cast.sue, filed, "Turn it **on**.")
    change(app, filed, tickets.set_priority, actor=cast.sam, priority=Priority.HIGH)
    change(app, filed, tickets.set_tags, actor=cast.sam, names=["secret-tag"])
    change(app, filed, tickets.set_status, actor=cast.sam, status=TicketStatus.SOLVED)


def test_the_organization_hears_of_all_that_it_may_see(
    app: Flask, cast: Cast, hooked: Receiver
) -> None:
    hook = create_webhook(app, cast.ann, hooked.url)
    a_life(app, cast)
    deliver_due(app)
    assert types(hooked) == [
        "ticket.created",
        "ticket.assigned",
        "ticket.commented",
        "ticket.updated",  # new turned to open by the answer
        "ticket.updated",
        "ticket.solved",
    ]
    assert all(taken.signed_with(hook.secret) for taken in hooked.taken)
    assert len({taken.id for taken in hooked.taken}) == 6
    assert not any(b"difficult" in t.body or b"secret-tag" in t.body for t in hooked.taken)
    assert {row.state for row in deliveries(app)} == {OutboxState.SENT}


def test_the_desk_also_hears_of_tags_and_of_no_note(
    app: Flask, cast: Cast, hooked: Receiver
) -> None:
    create_webhook(app, cast.ada, hooked.url, desk=True)
    a_life(app, cast)
    deliver_due(app)
    assert types(hooked).count("ticket.updated") == 3
    assert not any(b"difficult" in taken.body for taken in hooked.taken)
    (tagged,) = [t.json for t in hooked.taken if "tags" in t.json["data"].get("changes", {})]
    assert tagged["data"]["changes"] == {"tags": {"from": [], "to": ["secret-tag"]}}
    assert tagged["data"]["ticket"]["tags"] == ["secret-tag"]


def test_an_event_is_the_allowed_fields_and_nothing_else(
    app: Flask, cast: Cast, hooked: Receiver
) -> None:
    create_webhook(app, cast.ann, hooked.url, (WebhookEvent.TICKET_COMMENTED,))
    filed = factories.file_ticket(app, cast.bob, "Cold radiator")
    about = [add_product(app, cast.ann, "Radiator", stocks={"Tver": 2})]
    change(app, filed, products.replace, actor=cast.bob, ids=about)
    comment = factories.post_comment(app, cast.sam, filed, "Turn it **on**.")
    deliver_due(app)
    (taken,) = hooked.taken
    assert taken.headers["content-type"] == "application/json"
    said = taken.json
    assert sorted(said) == ["data", "timestamp", "type"]
    bob, sam = f"USR{cast.bob.id:06d}", f"USR{cast.sam.id:06d}"
    ticket, told = said["data"]["ticket"], said["data"]["comment"]
    of_ticket = ("created_at", "updated_at", "first_response_at")
    for moments, names in ((ticket, of_ticket), (told, ("created_at",))):
        assert all(moments.pop(name).endswith("Z") for name in names)
    assert ticket == {
        "number": filed.number,
        "subject": "Cold radiator",
        "status": "open",
        "priority": "medium",
        "type": None,
        "department": None,
        "language": "en",
        "channel": "page",
        "requester": {"id": bob, "name": "Bob Baker"},
        "assignee": None,
        "organization": {"id": f"ORG{cast.bob.organization_id:06d}", "name": "Acme"},
        "products": [{"id": format_product(about[0]), "name": "Radiator"}],
        "version": 4,
        "solved_at": None,
    }
    assert told == {
        "id": comment,
        "author": {"id": sam, "name": "Sam Smith"},
        "message": "Turn it **on**.",
        "html": "<p>Turn it <strong>on</strong>.</p>\n",
        "internal": False,
        "attachments": [],
    }
    assert said["data"]["actor"] == {"id": sam, "name": "Sam Smith"}


def test_a_change_says_from_what_to_what(app: Flask, cast: Cast, hooked: Receiver) -> None:
    create_webhook(app, cast.ann, hooked.url)
    a_life(app, cast)
    deliver_due(app)
    changes = [taken.json["data"].get("changes") for taken in hooked.taken]
    assert changes == [
        None,
        {"assignee": {"from": None, "to": f"USR{cast.sue.id:06d}"}},
        None,
        {"status": {"from": "new", "to": "open"}},
        {"priority": {"from": "medium", "to": "high"}},
        {"status": {"from": "open", "to": "solved"}},
    ]


def rated(app: Flask, cast: Cast) -> factories.Filed:
    """A ticket of Bob's that he has rated twice, the second time without a word."""
    filed = factories.file_ticket(app, cast.bob)
    factories.rate_ticket(app, cast.bob, filed, Rating.BAD, "Nobody **came**.")
    factories.rate_ticket(app, cast.bob, filed, Rating.GOOD)
    return filed


@pytest.mark.parametrize("desk", [False, True])
def test_a_rating_is_told_to_the_organization_and_the_desk(
    app: Flask, cast: Cast, hooked: Receiver, desk: bool
) -> None:
    asked = (WebhookEvent.TICKET_RATED,)
    hook = create_webhook(app, cast.ada if desk else cast.ann, hooked.url, asked, desk=desk)
    filed = rated(app, cast)
    deliver_due(app)
    assert types(hooked) == ["ticket.rated"] * 2
    assert all(taken.signed_with(hook.secret) for taken in hooked.taken)
    told = [taken.json["data"] for taken in hooked.taken]
    assert [(data["rating"], data["comment"]) for data in told] == [
        ("bad", "Nobody **came**."),
        ("good", None),
    ]
    assert {data["actor"]["name"] for data in told} == {"Bob Baker"}
    assert {data["ticket"]["number"] for data in told} == {filed.number}
    assert {tuple(sorted(data)) for data in told} == {("actor", "comment", "rating", "ticket")}
    assert not {"rating", "rated_at", "rating_comment"} & set(told[0]["ticket"])


def test_who_did_not_ask_for_ratings_hears_of_none(
    app: Flask, cast: Cast, hooked: Receiver
) -> None:
    others = tuple(event for event in WebhookEvent if event != WebhookEvent.TICKET_RATED)
    create_webhook(app, cast.ann, hooked.url, others)
    rated(app, cast)
    deliver_due(app)
    assert types(hooked) == ["ticket.created", "ticket.solved"]


def test_a_rating_in_another_organization_is_not_told(
    app: Flask, cast: Cast, hooked: Receiver
) -> None:
    create_webhook(app, cast.carl, hooked.url)
    rated(app, cast)
    deliver_due(app)
    assert hooked.taken == []


def test_what_was_erased_is_not_told_any_more(app: Flask, cast: Cast, hooked: Receiver) -> None:
    create_webhook(app, cast.ann, hooked.url, (WebhookEvent.TICKET_RATED,))
    rated(app, cast)
    with factories.writing(app):
        bob = db.session.get_one(User, cast.bob.id)
        scrub.scrub_rows(bob, "ghost@deleted.invalid", find_personal_data.NO_ROWS)
    deliver_due(app)
    assert [taken.json["data"]["comment"] for taken in hooked.taken] == [None, None]


@pytest.mark.parametrize("desk", [False, True])
def test_every_event_is_what_the_apis_document_says(
    app: Flask, cast: Cast, hooked: Receiver, desk: bool
) -> None:
    create_webhook(app, cast.ada if desk else cast.ann, hooked.url, desk=desk)
    a_life(app, cast)
    rated(app, cast)
    with factories.writing(app):
        accounts.register(email="new@example.com", verified=True, password_hash=password_hash())
    deliver_due(app)
    told = document(app)["webhooks"]
    assert set(told) == {event.value for event in WebhookEvent}
    assert set(types(hooked)) == set(told) - (set() if desk else {"user.created"})
    for taken in hooked.taken:
        content = told[taken.type]["post"]["requestBody"]["content"]
        schema = content[taken.headers["content-type"]]["schema"]
        faults(document(app), schema, taken.json, taken.type)
        headers = {one["name"] for one in told[taken.type]["post"]["parameters"]}
        assert headers <= set(taken.headers)


def test_closing_a_solved_ticket_does_not_solve_it_again(
    app: Flask, cast: Cast, hooked: Receiver
) -> None:
    create_webhook(app, cast.ann, hooked.url)
    filed = factories.file_ticket(app, cast.bob)
    for status in (TicketStatus.SOLVED, TicketStatus.CLOSED):
        change(app, filed, tickets.set_status, actor=cast.sam, status=status)
    deliver_due(app)
    assert types(hooked) == ["ticket.created", "ticket.solved", "ticket.updated"]


def test_another_subject_is_told_and_the_trash_is_not(
    app: Flask, cast: Cast, hooked: Receiver
) -> None:
    create_webhook(app, cast.ann, hooked.url)
    filed = factories.file_ticket(app, cast.bob, "Cold radiator")
    change(app, filed, tickets.set_subject, actor=cast.sam, subject="Warm radiator")
    deliver_due(app)
    told = hooked.taken[-1].json["data"]
    assert told["changes"] == {"subject": {"from": "Cold radiator", "to": "Warm radiator"}}
    change(app, filed, tickets.set_status, actor=cast.sam, status=TicketStatus.OPEN)
    change(app, filed, tickets.delete, actor=cast.ada)
    deliver_due(app)
    assert len(hooked.taken) == 2, "what was owed does not leave once the ticket is in the trash"
    assert deliveries(app)[-1].error == "trashed"


def test_nobody_hears_of_another_organizations_tickets(
    app: Flask, cast: Cast, hooked: Receiver
) -> None:
    create_webhook(app, cast.ann, hooked.url)
    factories.file_ticket(app, cast.carl)
    deliver_due(app)
    assert deliveries(app) == []
    assert hooked.taken == []


def test_only_what_was_asked_for_is_told(app: Flask, cast: Cast, hooked: Receiver) -> None:
    create_webhook(app, cast.ann, hooked.url, (WebhookEvent.TICKET_SOLVED,))
    a_life(app, cast)
    deliver_due(app)
    assert types(hooked) == ["ticket.solved"]


def test_new_people_are_told_to_the_desk_without_their_private_facts(
    app: Flask, cast: Cast, hooked: Receiver
) -> None:
    create_webhook(app, cast.ada, hooked.url, desk=True)
    with factories.writing(app):
        accounts.register(email="new@example.com", verified=True, password_hash=password_hash())
    deliver_due(app)
    (taken,) = hooked.taken
    assert taken.type == "user.created"
    user = taken.json["data"]["user"]
    assert user["email"] == "new@example.com"
    assert not {"phone", "inn", "password_hash", "epoch", "totp_secret"} & set(user)


def test_the_organization_hears_of_whom_it_has_invited(
    app: Flask, cast: Cast, hooked: Receiver
) -> None:
    create_webhook(app, cast.ann, hooked.url)
    with factories.writing(app):
        accounts.register(email="other@example.com", verified=True, password_hash=password_hash())
        offer = invitations.invite(
            actor=cast.ann, email="new@example.com", role=OrganizationRole.USER
        )
        text = tokens.sign(invitations.PURPOSE, offer)
        invitations.accept_new(text=text, password_hash=password_hash())
    deliver_due(app)
    assert [taken.json["data"]["user"]["email"] for taken in hooked.taken] == ["new@example.com"]


def test_whoever_joins_an_organization_leaves_no_webhook_behind(
    app: Flask, cast: Cast, hooked: Receiver
) -> None:
    create_webhook(app, cast.carl, hooked.url)
    with factories.writing(app):
        offer = invitations.invite(
            actor=cast.ann, email=cast.carl.email, role=OrganizationRole.USER
        )
        invitations.accept(actor=cast.carl, text=tokens.sign(invitations.PURPOSE, offer))
    factories.file_ticket(app, cast.carl)
    deliver_due(app)
    assert hooked.taken == []
    with app.app_context():
        assert db.session.scalars(db.select(Webhook)).all() == []


def test_what_was_rolled_back_is_not_told(app: Flask, cast: Cast, hooked: Receiver) -> None:
    create_webhook(app, cast.ann, hooked.url)
    with app.app_context():
        begin_write()
        tickets.file(actor=cast.ann, subject="Never mind", message="It works.")
        db.session.rollback()
    deliver_due(app)
    assert deliveries(app) == []
    assert hooked.taken == []


def test_it_is_enqueued_once_in_a_queue_of_its_own(
    app: Flask, cast: Cast, hooked: Receiver, queue_url: str
) -> None:
    create_webhook(app, cast.ann, hooked.url)
    with Redis.from_url(queue_url) as queue:
        queue.flushdb()
        for _ in range(3):
            factories.file_ticket(app, cast.bob)
        assert queue.llen(f"rq:queue:{BACKLOG_QUEUE}") == 1
        assert queue.llen(f"rq:queue:{QUEUE}") == 6  # mails


def test_both_secrets_sign_for_a_day_after_a_change(
    app: Flask, cast: Cast, hooked: Receiver
) -> None:
    hook = create_webhook(app, cast.ann, hooked.url)
    with factories.writing(app):
        row = db.session.get_one(Webhook, hook.id)
        fresh = webhooks.rotate_secret(actor=cast.ann, webhook=row)
        assert hook.secret not in row.secret + (row.former_secret or "")
    factories.file_ticket(app, cast.ann)
    deliver_due(app)
    with time_machine.travel(clock.now() + timedelta(days=1, minutes=1), tick=False):
        factories.file_ticket(app, cast.ann)
        deliver_due(app)
    first, second = hooked.taken
    assert first.signed_with(hook.secret)
    assert first.signed_with(fresh)
    assert second.signed_with(fresh)
    assert not second.signed_with(hook.secret)
