"""The desk that is asked: one person for each role, and a row for each parameter of an address."""

from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from typing import Any

from flask import Flask, current_app
from sqlalchemy import select

from portal import clock
from portal.extensions import db
from portal.models.assistance import AssistanceAct
from portal.models.delivery import Outbox, OutboxState
from portal.models.inbound import (
    InboundMessage,
    InboundState,
    InboundWay,
    MailboxWay,
    Reason,
)
from portal.models.operations import TableKind
from portal.models.organizations import Marketplace, MarketplaceType, Organization
from portal.models.organizations.organization import format_id as organization_number
from portal.models.people import (
    Actor,
    KeyScope,
    OrganizationRole,
    Passkey,
    PendingRegistration,
    Right,
    Role,
    TokenPurpose,
    User,
    UserSession,
)
from portal.models.people.right import to_text
from portal.models.people.user import format_id
from portal.models.products import Product
from portal.models.products.product import format_id as format_product
from portal.models.tickets import (
    BulkAction,
    MailedComment,
    Notification,
    ParticipantWay,
    Priority,
    TicketStatus,
)
from portal.models.tickets.ticket import Ticket
from portal.models.webhooks import WebhookEvent
from portal.queries.organizations import organizations
from portal.rhythm import Every, Rhythm
from portal.security import rating_links, report_links
from portal.security.delivery import outbound
from portal.security.people import tokens, unsubscribe_links
from portal.services.inbound import blocked_senders, mailbox_settings, messages
from portal.services.inbound.mailbox_settings import MailboxSecrets, MailboxValues
from portal.services.operations import table_export_schedules, table_exports
from portal.services.operations.table_exports import Order
from portal.services.organizations import credentials, customer_notes, domains, invitations
from portal.services.people import api_keys, registration, rights
from portal.services.privacy import data_exports, privacy_requests
from portal.services.products import syncs
from portal.services.statistics import report_subscriptions
from portal.services.tickets import (
    bulk,
    comments,
    departments,
    drafts,
    participants,
    products,
    saved_replies,
    saved_views,
    scheduled,
    tickets,
)
from portal.services.tickets.drafts import DraftText
from portal.services.webhooks import webhooks
from portal.storage import Storage
from tests import factories
from tests.cast import Cast, make_cast, password_hash
from tests.page import Visitor

INVITED = "new.colleague@example.com"
# Checked without asking anybody, and never called.
CALLED = "https://9.9.9.9/hook"


# About a colleague; other pages of the administration are about a customer.
_OF_STAFF = {
    "admin.person_rights",
    "admin.give_rights",
    "admin.absence",
    "admin.save_absence",
    "admin.served_departments",
    "admin.save_served_departments",
}


_OF_ORGANIZATION = {
    "admin.allow_model",
    "admin.organization",
    "admin.set_plan",
    "admin.set_organization_active",
    "admin.ask_for_domain",
    "admin.set_domain_role",
    "admin.remove_domain",
}


@dataclass
class World:
    """Browsers by role, signed in; `common` parameters stand for everybody, `own` for each."""

    app: Flask
    browsers: dict[str, Visitor]
    common: dict[str, Any]
    own: dict[str, dict[str, Any]] = field(default_factory=dict)
    csrf: dict[str, str] = field(default_factory=dict)

    def parameter(self, role: str, name: str) -> Any:
        """What stands for a parameter of an address when `role` asks."""
        return {**self.common, **self.own.get(role, {})}.get(name, 1)

    def instead(self, endpoint: str) -> dict[str, Any]:
        """Parameters that stand for other rows at `endpoint`."""
        if endpoint == "tickets.restore":
            return {"number": self.common["trashed"]}
        if endpoint == "help.page":
            return {"chapter": "staff", "name": "answer-forty-tickets"}
        if endpoint.startswith("people."):
            of_person = "organization" not in endpoint
            return {"number": self.common["person" if of_person else "organization"]}
        if endpoint in _OF_ORGANIZATION:
            return {"number": self.common["organization"]}
        if endpoint in _OF_STAFF:
            return {"user_id": self.common["colleague_on_staff"]}
        if endpoint == "account.answer_own_mail":
            return {"message_id": self.common["own_mail"]}
        if endpoint == "tickets.throw_away_unsent":
            return {"scheduled_id": self.own["staff"]["returned"]}
        return {}

    def token(self, endpoint: str) -> str:
        """The token of a mailed link to `endpoint`."""
        return str(self.common["links"].get(endpoint, "dead"))


def build(app: Flask) -> World:
    """Insert the people and rows into the empty database of `app`."""
    cast = make_cast(app)
    people = _people(app, cast)
    browsers = {
        role: Visitor(app).sign_in(person) if person else Visitor(app)
        for role, person in people.items()
    }
    files = (BytesIO(b"twelve bytes"), "note.txt")
    filed = {"subject": "No hot water", "message": "Since Monday.", "priority": "high"}
    browsers["user"].post("/tickets/new", {**filed, "attachments": files})
    with factories.writing(app):
        # As if the question had come by mail.
        db.session.add(MailedComment(comment_id=1, html="<p>Since Monday.</p>", remarks="html"))
        world = World(app, browsers, _common(cast))
        world.own = {role: _own(person) for role, person in people.items() if person}
        for role in ("user", "org-admin", "owner", "staff", "lead", "admin"):
            _drafts(people[role])
        for role in ("staff", "lead", "admin"):
            world.own[role] |= _notification(cast, people[role])
            world.own[role] |= _answers(people[role])
        world.own["admin"] |= _webhook(cast.ada, None)
        view = saved_views.create(actor=cast.sam, name="Hot", query="q=hot", shared=True)
        world.common["view_id"] = view.id
        reply = saved_replies.create(
            actor=cast.sam,
            name="Hello",
            message="Hello",
            internal=False,
            shared=True,
            changes={"priority": "low"},
        )
        world.common |= {"reply_id": reply.id, "macro_id": reply.id}
        world.common["role_id"] = rights.create_role(
            actor=cast.ada, name="Team lead", rights=[Right.STATISTICS]
        ).id
        world.common["table_export_id"] = _table(cast.ada)
        world.common["schedule_id"] = _schedule(cast.ada)
        world.common["sync_id"] = _sync(cast.ann)
        report = report_subscriptions.subscribe(
            actor=cast.ada, user=db.session.get_one(User, cast.ada.id), every=Every.WEEK
        )
        world.common["subscription_id"] = report.id
        world.common["links"]["auth.report"] = report_links.sign(report)
        ann = db.session.get_one(User, cast.ann.id)
        world.common["links"]["auth.mails"] = unsubscribe_links.sign(ann, "reply")
    world.csrf = {role: browser.csrf_token() for role, browser in browsers.items()}
    return world


def _people(app: Flask, cast: Cast) -> dict[str, Actor | None]:
    with factories.writing(app):
        members = {
            place: factories.actor(
                factories.user(
                    f"{place}@example.com",
                    organization_id=cast.ann.organization_id,
                    organization_role=place,
                    password_hash=password_hash(),
                )
            )
            for place in (OrganizationRole.VIEWER, OrganizationRole.ADMIN)
        }
        on_the_desk: dict[str, Any] = {
            "role": Role.STAFF,
            "organization_id": cast.sam.organization_id,
            "organization_role": OrganizationRole.USER,
            "password_hash": password_hash(),
        }
        lead = factories.actor(
            factories.user(
                "lead@example.com",
                rights=to_text(set(Right) - {Right.OWN_DEPARTMENTS}),
                **on_the_desk,
            )
        )
        clerk = factories.actor(
            factories.user("clerk@example.com", rights=to_text(Right), **on_the_desk)
        )
    return {
        "signed-out": None,
        "outsider": cast.carl,
        "viewer": members[OrganizationRole.VIEWER],
        "user": cast.bob,
        "org-admin": members[OrganizationRole.ADMIN],
        "owner": cast.ann,
        "staff": cast.sam,
        "lead": lead,
        "clerk": clerk,
        "admin": cast.ada,
    }


def _common(cast: Cast) -> dict[str, Any]:
    """Rows of the organization Acme, its user's ticket and passkey, and links that were mailed."""
    colleague = factories.user(
        "colleague@example.com",
        organization_id=cast.ann.organization_id,
        organization_role=OrganizationRole.USER,
    )
    credentials.store(actor=cast.ann, name="Counter key", secret="x")
    invitation = invitations.invite(actor=cast.ann, email=INVITED, role=OrganizationRole.USER)
    domain = domains.ask(
        actor=cast.ann,
        organization=organizations.lock(cast.ann.organization_id),
        email="postmaster@acme.example",
        role=OrganizationRole.USER,
    )
    ticket = db.session.scalars(select(Ticket)).one()
    departments.create(actor=cast.ada, name="Heating")
    tickets.set_department(actor=cast.sam, ticket=ticket, name="Heating")
    tickets.set_status(actor=cast.sam, ticket=ticket, status=TicketStatus.SOLVED)
    db.session.add(
        AssistanceAct(ticket_id=ticket.id, target="department", value="Heating", percent=95)
    )
    changed = bulk.apply(
        actor=cast.sam, chosen=[ticket], action=BulkAction.PRIORITY, value=Priority.LOW
    )
    trashed = tickets.file(
        actor=cast.bob,
        subject="Too much hot water",
        message="Since Tuesday.",
        department="Heating",
    )
    tickets.delete(actor=cast.sam, ticket=trashed)
    guest = participants.add(
        actor=cast.sam, ticket=ticket, email="guest@elsewhere.example", way=ParticipantWay.PAGE
    )
    mug = _product(cast.ann)
    products.add(actor=cast.sam, ticket=ticket, ids=[mug])
    passkey = Passkey(user_id=cast.bob.id, name="Phone", credential_id="Ym9i", public_key="x")
    db.session.add(passkey)
    db.session.flush()
    return {
        "number": ticket.number,
        "mail": _given_up(ticket.number),
        "message_id": _held_mail("x"),
        "own_mail": _held_mail("y", user_id=cast.sam.id, reason=Reason.UNPROVEN_STAFF),
        "mailbox_id": _mailbox(cast.ada),
        "blocked_id": blocked_senders.block(actor=cast.ada, pattern="list.example").id,
        "trashed": trashed.number,
        "attachment_id": 1,
        "comment_id": 1,
        "credential_id": 1,
        "invitation_id": invitation.id,
        "domain_id": domain.id,
        "member_id": colleague.id,
        "passkey_id": passkey.id,
        "participant": format_id(guest),
        "product": format_product(mug),
        "key": "incident",
        "request_id": _copy_of_data(cast.bob),
        **_webhook(cast.ann, cast.ann.organization_id),
        "user_id": colleague.id,
        "path": "css/app.css",
        "assignee": format_id(cast.sue.id),
        "colleague_on_staff": cast.sue.id,
        "person": format_id(cast.bob.id),
        "note_id": customer_notes.write_about_person(
            actor=cast.sam, user=db.session.get_one(User, cast.bob.id), text="Likes cold water."
        ).id,
        "organization": organization_number(cast.bob.organization_id),
        "undo": changed.token,
        "changed": changed.token,
        "change_id": changed.id,
        "links": {
            **_links(cast),
            "auth.invitation": tokens.sign("invitation", invitation),
            "auth.domain": tokens.sign("domain", domain),
        },
    }


def _product(whose: Actor) -> int:
    product = Product(
        organization_id=whose.organization_id,
        marketplace=Marketplace.OZON,
        external_id="1",
        name="Blue mug",
        first_seen_at=clock.now(),
        changed_at=clock.now(),
    )
    db.session.add(product)
    db.session.flush()
    return product.id


def _given_up(number: str) -> int:
    """The id of a mail about the ticket that no server took."""
    receipt = db.session.scalars(select(Outbox).filter_by(template="ticket_filed")).first()
    assert receipt
    receipt.state = OutboxState.PARKED
    return receipt.id


def _held_mail(fingerprint: str, **columns: Any) -> int:
    """The id of a mail that came in and waits for a decision."""
    storage: Storage = current_app.extensions["lodge.storage"]
    stored = storage.put(BytesIO(b"a mail"), limit=6)
    kept = messages.keep(stored=stored, fingerprint=fingerprint, way=InboundWay.API, recipients=[])
    held = db.session.get_one(InboundMessage, kept.id)
    for name, value in {"state": InboundState.HELD, **columns}.items():
        setattr(held, name, value)
    return kept.id


def _mailbox(person: Actor) -> int:
    """The id of a mailbox that no mail has come to."""
    values = MailboxValues(
        address="sales@example.com",
        way=MailboxWay.IMAP,
        host="127.0.0.1",
        username="sales",
        authentication="google",
        oauth_client_id="lodge",
    )
    secrets = MailboxSecrets(client_secret="hush")
    return mailbox_settings.create(actor=person, values=values, secrets=secrets).id


def _drafts(person: Actor | None) -> None:
    """An answer to the first ticket, and a new ticket, that `person` has begun."""
    assert person is not None
    ticket = db.session.scalars(select(Ticket).order_by(Ticket.id)).first()
    for place in (ticket, None):
        drafts.save(actor=person, ticket=place, text=DraftText("It is s"), seen_version=0)


def _notification(cast: Cast, person: Actor | None) -> dict[str, Any]:
    """What `person` is told of: a note on the first ticket that names them."""
    assert person is not None
    ticket = db.session.scalars(select(Ticket).order_by(Ticket.id)).first()
    assert ticket is not None
    comments.post(actor=cast.sue, ticket=ticket, message=f"@{person.name}!", internal=True)
    told = db.session.scalars(select(Notification.id).filter_by(user_id=person.id)).one()
    return {"notification_id": told, "last_id": told}


def _answers(person: Actor | None) -> dict[str, Any]:
    """Ids of answers by `person` to the first ticket: one that waits, and one that was returned."""
    assert person is not None
    ticket = db.session.scalars(select(Ticket).order_by(Ticket.id)).first()
    assert ticket is not None
    later = clock.now() + timedelta(days=1)
    waiting, returned = [
        scheduled.schedule(
            actor=person, ticket=ticket, message="It is warm.", due_at=later, later=True
        )
        for _ in range(2)
    ]
    scheduled.cancel(actor=person, ticket=ticket, scheduled_id=returned.id)
    return {"scheduled_id": waiting.id, "returned": returned.id}


def _copy_of_data(person: Actor) -> int:
    """A finished copy of everything about `person`; answers the id of its request."""
    storage: Storage = current_app.extensions["lodge.storage"]
    request = privacy_requests.ask_export(actor=person)
    lease = data_exports.claim(request.id)
    assert lease
    data_exports.finish(lease, storage.put(BytesIO(b"a ZIP"), limit=5))
    return request.id


def _table(person: Actor) -> int:
    """A finished export of a table; answers its id."""
    storage: Storage = current_app.extensions["lodge.storage"]
    export = table_exports.ask(actor=person, order=Order(TableKind.PEOPLE))
    lease = table_exports.claim(export.id)
    assert lease
    table_exports.finish(lease, storage.put(BytesIO(b"id"), limit=5), 0)
    return export.id


def _schedule(person: Actor) -> int:
    """A schedule of exports; answers its id."""
    made = table_export_schedules.create(
        actor=person, order=Order(TableKind.PEOPLE), rhythm=Rhythm(Every.WEEK, 7)
    )
    db.session.flush()
    return made.id


def _sync(person: Actor) -> int:
    """A sync that waits for a worker; answers its id."""
    organization = db.session.get_one(Organization, person.organization_id)
    organization.marketplace_type = MarketplaceType.OZON
    return syncs.start(organization, Marketplace.OZON, person.id).id


def _webhook(person: Actor, organization_id: int | None) -> dict[str, Any]:
    """A webhook of that organization, or the desk's, with an event in its log."""
    webhook, _secret = webhooks.create(
        actor=person,
        organization_id=organization_id,
        target=outbound.parse(CALLED),
        events=[WebhookEvent.TICKET_CREATED],
    )
    delivery = webhooks.send_test(actor=person, webhook=webhook)
    db.session.flush()
    return {"webhook_id": webhook.id, "delivery_id": delivery.id}


def _links(cast: Cast) -> dict[str, str]:
    carl = db.session.get_one(User, cast.carl.id)
    ends = {
        "auth.reset": TokenPurpose.RESET,
        "auth.restore": TokenPurpose.UNDO_EMAIL,
        "account.new_email": TokenPurpose.CHANGE_EMAIL,
    }
    data = {
        "email": "carl.new@example.com",
        "from": "carl.old@example.com",
        "since": clock.now().isoformat(),
    }
    links = {
        endpoint: tokens.sign(purpose, tokens.issue(carl, purpose, **data))
        for endpoint, purpose in ends.items()
    }
    registration.ask(email="newcomer@example.com", locale="en")
    asked = db.session.scalars(select(PendingRegistration)).one()
    solved = db.session.scalars(select(Ticket).filter_by(status=TicketStatus.SOLVED)).one()
    links["auth.rating"] = rating_links.sign(solved)
    return {**links, "auth.verify": tokens.sign(TokenPurpose.REGISTRATION, asked)}


def _own(person: Actor) -> dict[str, Any]:
    """A key and a session of `person`'s own."""
    user = db.session.get_one(User, person.id)
    key, _text = api_keys.create(
        actor=person, user=user, name="robot", scope=KeyScope.READ, days=30
    )
    session = db.session.scalars(select(UserSession.id).filter_by(user_id=user.id)).one()
    return {"key_id": key.id, "session_id": session}
