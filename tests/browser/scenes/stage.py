"""What the scenes are played with: tickets, people and work in each state."""

from datetime import timedelta
from io import BytesIO

from flask import Flask
from sqlalchemy import select, update

from portal import clock
from portal.extensions import begin_log_write, db
from portal.models.operations import TableKind
from portal.models.organizations import Marketplace, MarketplaceType, Organization
from portal.models.people import Actor, OrganizationRole, Passkey, Right, User
from portal.models.products import SyncError
from portal.models.tickets import (
    BulkAction,
    Priority,
    Rating,
    Ticket,
    TicketStatus,
)
from portal.models.webhooks import WebhookEvent
from portal.security.delivery.outbound import Target
from portal.services.operations import action_log, api_log, table_exports
from portal.services.operations.api_log import Entry
from portal.services.operations.table_exports import Order
from portal.services.organizations import credentials, customer_notes, invitations
from portal.services.people import rights
from portal.services.privacy import data_exports, privacy_requests
from portal.services.products import schedules, syncs
from portal.services.tickets import (
    bulk,
    drafts,
    products,
    ratings,
    saved_replies,
    saved_views,
    scheduled,
    tickets,
)
from portal.services.tickets.attachments import Upload
from portal.services.tickets.drafts import DraftText
from portal.services.webhooks import deliveries, webhooks
from portal.services.webhooks.deliveries import Outcome
from portal.storage import Stored
from tests import factories
from tests.browser.scenes import mails
from tests.browser.scenes.playing import COLD, INVITED, LONG, MESSAGE
from tests.cast import Cast
from tests.page import Visitor
from tests.products import add_product

HOST = f"{LONG[:50].lower()}.example.com"


def set_the_stage(app: Flask, cast: Cast, locale: str) -> None:
    """A ticket with a long conversation, one in each status, and people who read `locale`."""
    with factories.writing(app):
        for actor, place in ((cast.ann, cast.ann.organization_id), (cast.ada, None)):
            _hook(actor, place)
        db.session.execute(update(User).values(locale=locale))
        db.session.add(
            Passkey(user_id=cast.sue.id, name="Phone", credential_id="c3Vl", public_key="x")
        )
    cold = factories.file_ticket(app, cast.ann, "Radiator is cold", MESSAGE)
    _name_products(app, cast, cold)
    attached = (BytesIO(b"x" * 5000), f"{LONG}.txt")
    Visitor(app).sign_in(cast.ann).post(
        f"{COLD}/comments", {"message": "Here it is.", "attachments": attached}
    )
    factories.post_comment(app, cast.sue, cold, "She called **twice**, @Sam Smith.", internal=True)
    factories.post_comment(app, cast.sam, cold, MESSAGE)
    mails.owe_in_each_state(app)
    mails.bring_back(app, cast)
    for number, status in enumerate(TicketStatus):
        _file(app, cast, f"{LONG} {status.value}", status, list(Priority)[number % 4])
    with factories.writing(app):
        mails.as_if_mailed(cast)
        tickets.set_tags(actor=cast.sam, ticket=_ticket(cold), names=["heating", "room-12"])
        customer_notes.write_about_person(
            actor=cast.sam, user=db.session.get_one(User, cast.ann.id), text=f"{LONG}\n{MESSAGE}"
        )
        trashed = tickets.file(actor=cast.ann, subject=f"{LONG} trash", message=MESSAGE)
        tickets.delete(actor=cast.sue, ticket=trashed)
        begun, closed = (db.session.get_one(Ticket, number) for number in (2, 7))
        for text in (f"{LONG}\n\n{MESSAGE}", MESSAGE):
            drafts.save(actor=cast.sam, ticket=begun, text=DraftText(text), seen_version=0)
        gone = f"assignee=USR999999&tag={LONG[:60]}"
        saved_views.create(actor=cast.sam, name=LONG[:60], query=gone, shared=True, key=1)
        saved_views.create(actor=cast.sam, name="Mine and urgent", query="view=mine")
        lead = rights.create_role(actor=cast.ada, name=LONG[:60], rights=list(Right))
        sue = db.session.get_one(User, cast.sue.id)
        rights.give(actor=cast.ada, user=sue, rights=[Right.EXPORTS], named_role=lead)
        _replies(cast)
        _bulk_changes(cast)
        _unsent_answers(cast, begun)
        ratings.rate(actor=cast.bob, ticket=closed, rating=Rating.BAD, comment=f"{LONG}\n\nCold.")
        invitations.invite(actor=cast.ann, email=INVITED, role=OrganizationRole.VIEWER)
        credentials.store(actor=cast.ann, name=LONG[:60], secret="x")
        _copies_of_data(cast)
        _tables(cast)
        _syncs(cast)
        mails.set_up_mailboxes(cast)
    mails.take_mails_in(app)
    with app.app_context():
        begin_log_write()
        action_log.seal_new()
        api_log.write([_request(cast.ada, number) for number in range(60)])
        db.session.commit()


def _name_products(app: Flask, cast: Cast, ticket: factories.Filed) -> None:
    """One with all that there may be, one with an endless name, and one that is gone."""
    url = "https://www.wildberries.ru/catalog/1/detail.aspx"
    about = {"article": "MUG-1", "brand": "Acme", "shop_url": url}
    mug = add_product(app, cast.ann, "Blue mug", **about, stocks={"Koledino": 12, "Kazan": 3})
    add_product(app, cast.ann, LONG, article=LONG[:60], price=None, currency=None)
    gone = add_product(app, cast.ann, "Red mug", gone_at=clock.now())
    with factories.writing(app):
        row = db.session.get_one(Ticket, ticket.id)
        products.add(actor=cast.ann, ticket=row, ids=[mug, gone])


def _replies(cast: Cast) -> None:
    """A note of Sam's, and a macro that all staff share and that gives to nobody on the staff."""
    changes = {"status": "solved", "priority": "low", "assignee": "99", "tags": ["heating"]}
    for name, internal, changed in ((LONG[:60], False, changes), ("Room 12", True, {})):
        saved_replies.create(
            actor=cast.sam,
            name=name,
            message=f"{LONG} {{{{requester.first_name}}}}\n\n{MESSAGE}",
            internal=internal,
            shared=not internal,
            changes=changed,
        )


def _bulk_changes(cast: Cast) -> None:
    """One that has left a closed ticket alone, and one that is under way."""
    chosen = list(db.session.scalars(select(Ticket).order_by(Ticket.id)))[-3:]
    bulk.apply(actor=cast.sam, chosen=chosen, action=BulkAction.TAG, value=LONG[:60])
    listed = [bulk.Chosen(one.id, one.version, one.updated_at) for one in chosen]
    bulk.start(actor=cast.sam, listed=listed, action=BulkAction.TAG, value="vpn", now=False)


def _unsent_answers(cast: Cast, ticket: Ticket | None) -> None:
    """One that is leaving, one for later by each of two, one that was stopped; one with a file."""
    assert ticket is not None
    soon, later = clock.now() + timedelta(hours=1), clock.now() + timedelta(days=2)
    for number, (actor, due_at, is_later) in enumerate(
        (
            (cast.sam, soon, False),
            (cast.sam, later, True),
            (cast.sue, later, True),
            (cast.sam, later, True),
            (cast.sam, soon, False),
        )
    ):
        row = scheduled.schedule(
            actor=actor,
            ticket=ticket,
            message=f"{LONG}\n\n{MESSAGE}",
            due_at=due_at,
            later=is_later,
            uploads=[Upload(f"{number:032}", f"{LONG}.txt", "text/plain", 5000, "0" * 64)],
            status=TicketStatus.SOLVED,
        )
    scheduled.take_back(actor=cast.sam, ticket=ticket, scheduled_id=row.id)
    scheduled.cancel(actor=cast.sue, ticket=ticket, scheduled_id=row.id - 1)


def _tables(cast: Cast) -> None:
    """One is ready, one failed, one is half made, one waits."""
    kinds = (TableKind.TICKETS, TableKind.PEOPLE, TableKind.RATINGS)
    for kind, percent in zip(kinds, (100, 0, 50), strict=True):
        lease = table_exports.claim(table_exports.ask(actor=cast.ada, order=Order(kind)).id)
        assert lease
        if percent == 100:
            table_exports.finish(lease, Stored("0" * 32, 5_000_000, ""), 12_000)
        elif percent:
            table_exports.advance(lease, percent, 6_000)
        else:
            table_exports.refuse(lease, f"StorageFull: {LONG}")
    table_exports.ask(actor=cast.ada, order=Order(TableKind.ACTIONS))


def _syncs(cast: Cast) -> None:
    """One failed, one waits until the marketplace may be asked again, one is half done."""
    organization = db.session.get_one(Organization, cast.ann.organization_id)
    organization.marketplace_type = MarketplaceType.BOTH
    schedules.put(actor=cast.ann, cron="0 6 * * *", zone="Europe/Moscow")
    for number, marketplace in enumerate((*Marketplace, Marketplace.WILDBERRIES)):
        sync = syncs.start(organization, marketplace, None if number == 1 else cast.ann.id)
        lease = syncs.claim(sync.id)
        assert lease
        if number == 0:
            syncs.refuse(lease, SyncError.SHOP, LONG)
        elif number == 1:
            syncs.wait(lease, 3000)
        else:
            sync.total, sync.seen, sync.pages, sync.errors = 800, 320, 1, 2


def _copies_of_data(cast: Cast) -> None:
    """Bob's is ready, Sam's failed, Sue's is half made."""
    for person, percent in ((cast.bob, 100), (cast.sam, 0), (cast.sue, 50)):
        lease = data_exports.claim(privacy_requests.ask_export(actor=person).id)
        assert lease
        if percent == 100:
            data_exports.finish(lease, Stored("0" * 32, 5_000_000, ""))
        elif percent:
            data_exports.advance(lease, percent)
        else:
            data_exports.refuse(lease, f"StorageFull: {LONG}")


def _hook(actor: Actor, organization_id: int | None) -> None:
    """A webhook that was taken a test of, and one that fails."""
    for outcome in (Outcome(HOST, 200, None, 87), Outcome(HOST, None, "timeout", 5000)):
        hook, _secret = webhooks.create(
            actor=actor,
            organization_id=organization_id,
            target=Target("https", HOST, 443, f"/{LONG}"),
            events=list(WebhookEvent),
        )
        delivery = webhooks.send_test(actor=actor, webhook=hook)
        hook.failures = 10
        if (lease := deliveries.claim_next(hook.id)) is not None:
            deliveries.record(lease, outcome)
        db.session.flush()
        assert delivery.id


def _request(caller: Actor, number: int) -> Entry:
    """One of several routes, by a key or without one, and now and then refused."""
    return Entry(
        at=clock.now(),
        user_id=caller.id if number % 3 else None,
        key_prefix="lk_abcdefgh" if number % 3 else "",
        method=("GET", "POST", "DELETE")[number % 3],
        route=("/api/v1/tickets", "/api/v1/tickets/{number}/comments", "-")[number % 3],
        status=(200, 201, 404, 429)[number % 4],
        milliseconds=number * number,
        address=f"2001:db8:85a3:8d3:1319:8a2e:370:{number:04x}",
        request_id=f"{number:016x}",
    )


def _file(app: Flask, cast: Cast, subject: str, status: TicketStatus, priority: Priority) -> None:
    filed = factories.file_ticket(app, cast.bob, subject, priority=priority)
    with factories.writing(app):
        tickets.assign(actor=cast.sam, ticket=_ticket(filed), assignee=_user(cast.sue))
        tickets.set_status(actor=cast.sam, ticket=_ticket(filed), status=status)


def _ticket(filed: factories.Filed) -> Ticket:
    return db.session.get_one(Ticket, filed.id)


def _user(actor: Actor) -> User:
    return db.session.get_one(User, actor.id)
