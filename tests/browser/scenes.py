"""Every page of Lodge in every state that looks different, one after another.

Controls are found by their names in forms, not by their words: the scenes are played in each
language.
"""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

from flask import Flask
from sqlalchemy import delete, select, update

from portal import clock
from portal.extensions import begin_log_write, db
from portal.models.delivery import Outbox, OutboxState, ReasonNotToSend
from portal.models.operations import TableKind
from portal.models.organizations import Invitation
from portal.models.people import (
    Actor,
    OrganizationRole,
    Passkey,
    PendingRegistration,
    Right,
    TokenPurpose,
    User,
    UserSession,
)
from portal.models.tickets import BulkAction, Priority, Rating, Ticket, TicketStatus
from portal.models.webhooks import WebhookEvent
from portal.security import rating_links
from portal.security.delivery.outbound import Target
from portal.security.people import tokens
from portal.services.operations import action_log, api_log, table_exports
from portal.services.operations.api_log import Entry
from portal.services.operations.table_exports import Order
from portal.services.organizations import credentials, customer_notes, invitations
from portal.services.people import registration, rights
from portal.services.people.registration import Mode
from portal.services.privacy import data_exports, privacy_requests
from portal.services.statistics import counting
from portal.services.tickets import (
    bulk,
    drafts,
    first_tickets,
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
from portal.web.rate_limits import counts, limits
from tests import factories
from tests.browser.window import Window
from tests.cast import PASSWORD, Cast
from tests.page import Visitor
from tests.totp import code_of

LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
MESSAGE = f"""Hello,

the **radiator** in room 12 is cold. What I did:

1. turned it on
2. waited for an hour, see [the manual](https://example.com/{LONG})

> Did you bleed it?

| room | degrees | when |
|------|---------|------|
| 12   | 14      | noon |

```
{LONG} {LONG} --verbose
```
"""
REFUSAL = ".field-error, .flash-error"
KEY_FORM = HOOK_FORM = "form[aria-labelledby=make-title]"
ORGANIZATION = "/account/organization"
PRIVACY = "/account/privacy"
HOST = f"{LONG[:50].lower()}.example.com"
ACCOUNT_HOOKS, ADMIN_HOOKS = "/account/webhooks", "/admin/webhooks"
INVITED = f"{LONG[:60]}@example.com"
COLD, BEGUN, SOLVED, CLOSED = (f"/tickets/REQ{number:06d}" for number in (1, 2, 6, 7))

Scene = Callable[[Window], object]
RETENTION = "preview=1&" + "&".join(
    f"{kept}_retention_days=7" for kept in ("ticket", "trash", "log", "export")
)
PATHS: set[str] = set()  # what the scenes below ask for


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
    attached = (BytesIO(b"x" * 5000), f"{LONG}.txt")
    Visitor(app).sign_in(cast.ann).post(
        f"{COLD}/comments", {"message": "Here it is.", "attachments": attached}
    )
    factories.post_comment(app, cast.sue, cold, "She called **twice**, @Sam Smith.", internal=True)
    factories.post_comment(app, cast.sam, cold, MESSAGE)
    _mails_in_each_state(app)
    for number, status in enumerate(TicketStatus):
        _file(app, cast, f"{LONG} {status.value}", status, list(Priority)[number % 4])
    with factories.writing(app):
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
    with app.app_context():
        begin_log_write()
        action_log.seal_new()
        api_log.write([_request(cast.ada, number) for number in range(60)])
        db.session.commit()


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


def replies_dialog(someone: Window) -> None:
    """Saved replies beside the composer."""
    someone.go(COLD)
    someone.page.locator("#message").focus()  # the composer is one line until then
    someone.page.locator("#open-replies").click()
    someone.page.locator("dialog.replies #reply-q").wait_for()


def _mails_in_each_state(app: Flask) -> None:
    """Of the mails about the first ticket."""
    soon = clock.now() + timedelta(hours=1)
    states: list[dict[str, Any]] = [
        {"state": OutboxState.SENT, "sent_at": clock.now()},
        {"error": f"450 {LONG}", "due_at": soon},
        {"state": OutboxState.PARKED, "error": f"550 {LONG}"},
        {"state": OutboxState.DROPPED, "error": ReasonNotToSend.DECLINED},
    ]
    with factories.writing(app):
        rows = db.session.scalars(select(Outbox).where(Outbox.event_id.is_not(None)))
        for row, values in zip(rows.all(), states, strict=False):
            for name, value in values.items():
                setattr(row, name, value)


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


def at(path: str) -> Scene:
    PATHS.add(path)
    return lambda someone: someone.go(path)


def send(path: str, form: str, answer: str = REFUSAL, **fields: str) -> Scene:
    """The form is sent past the browser's own checks, so that the page has to give the answer."""
    PATHS.add(path)

    def play(someone: Window) -> None:
        someone.go(path)
        for name, value in fields.items():
            someone.page.locator(f"{form} [name={name}]").fill(value)
        with someone.page.expect_response(lambda response: response.request.method == "POST"):
            someone.page.locator(form).first.evaluate(
                "form => { form.noValidate = true; form.requestSubmit() }"
            )
        someone.page.wait_for_load_state()
        someone.page.locator(answer).first.wait_for()

    return play


def registering(mode: Mode, scene: Scene) -> Scene:
    """The scene where accounts are opened in that way."""

    def play(someone: Window) -> None:
        usual = someone.app.config["REGISTRATION"]
        someone.app.config["REGISTRATION"] = mode.value
        scene(someone)
        someone.app.config["REGISTRATION"] = usual

    return play


def opened(path: str, summary: str) -> Scene:
    """A page with something unfolded."""
    PATHS.add(path)

    def play(someone: Window) -> None:
        someone.go(path)
        if summary.startswith("#send"):  # the composer shows its buttons to who is at it
            someone.page.locator("#message").focus()
        for one in someone.page.locator(summary).all():
            one.click()

    return play


def statistics(someone: Window) -> None:
    """With what was counted, and its tables."""
    with factories.writing(someone.app):
        counting.count_some()
    opened("/admin/", ".chart summary")(someone)


def export_schedule(someone: Window) -> None:
    """An export that is made every week, in the list of one's schedules."""
    someone.go("/admin/exports")
    someone.page.locator("[name=every]").select_option("week")
    someone.page.locator(".sheet form .actions button").click()
    someone.page.locator("#schedules-title").wait_for()


def panel(someone: Window) -> None:
    """A ticket beside the queue."""
    someone.go("/tickets/queue")
    someone.page.locator("#rows .m a").last.click()
    someone.page.locator("#panel #message").wait_for()


def note(someone: Window) -> None:
    """An internal note that is being written."""
    panel(someone)
    someone.page.locator("#panel #message").fill("Only for us.")
    someone.page.locator("#panel .mode-note").click()


def ticked(someone: Window) -> None:
    """Rows that are to be changed together."""
    someone.go("/tickets/queue")
    for box in someone.page.locator("#rows [type=checkbox]").all()[:2]:
        box.check()


def undo(someone: Window) -> None:
    """What was done to many tickets, with the way back."""
    ticked(someone)
    someone.page.locator("#bulk-action").select_option("priority:low")
    someone.page.locator("#bulk-bar button").click()
    someone.page.locator("#flash form").wait_for()


def news(someone: Window) -> None:
    """Something changed while rows are ticked."""
    ticked(someone)
    someone.page.evaluate("lodge.say('changed', () => {})")
    someone.page.locator("#news button").wait_for()


def restored(someone: Window) -> None:
    """The only ticket in the trash was taken out of it."""
    someone.go("/tickets/trash")
    someone.page.locator("#trash button").click()
    someone.page.locator("#trash .empty").wait_for()


def keys(someone: Window) -> None:
    """The help for the keyboard."""
    someone.go("/tickets/queue")
    someone.page.locator("header summary").last.click()
    someone.page.locator("[data-keys]").click()


def palette(someone: Window) -> None:
    """What can be done to a ticket, in the dialog."""
    someone.go(COLD)
    someone.page.keyboard.press("Control+k")
    someone.page.locator("#palette-results .go-way").first.wait_for()


def invitation(someone: Window) -> None:
    """The link of the one invitation there is."""
    with someone.app.app_context():
        text = tokens.sign(invitations.PURPOSE, db.session.get_one(Invitation, 1))
    someone.go(f"/auth/invitations/{text}")


def new_address(someone: Window) -> None:
    """The link that Carl's new address was mailed."""
    with factories.writing(someone.app):
        carl = db.session.scalars(select(User).where(User.email == "carl@example.com")).one()
        token = tokens.issue(carl, TokenPurpose.CHANGE_EMAIL, email=INVITED)
        text = tokens.sign(TokenPurpose.CHANGE_EMAIL, token)
    someone.go(f"/account/new-email/{text}")


PATHS |= {"/admin/settings/texts/reply/en/preview"}
PATHS |= {"/admin/settings/"}  # it leads on
PATHS |= {"/auth/invitations/x", "/auth/register/sent", "/auth/ask/sent", "/account/new-email/x"}


def conflict(app: Flask, cast: Cast) -> Scene:
    """Somebody else has answered meanwhile."""

    def play(someone: Window) -> None:
        someone.go(COLD)
        someone.page.locator("#message").fill("I come tomorrow.")
        factories.post_comment(app, cast.sue, factories.Filed(1, "", 0), MESSAGE)
        someone.page.locator("#send button[value='']").click()
        someone.page.locator("#newer").wait_for()

    return play


def choose(rating: str) -> Scene:
    """The requester of a solved ticket is about to say how it went."""

    def play(someone: Window) -> None:
        someone.go(SOLVED)
        someone.page.locator(f"#rating [value={rating}]").check()
        someone.page.locator("#rating-comment").fill("It is warm again.")

    return play


def rating_refused(someone: Window) -> None:
    """More words than fit."""
    choose("bad")(someone)
    words = someone.page.locator("#rating-comment")
    words.evaluate("area => area.removeAttribute('maxlength')")
    words.fill("cold " * 201)
    someone.page.locator("#rating form").evaluate("form => form.requestSubmit()")
    someone.page.locator("#rating .field-error").wait_for()


PATHS.add(SOLVED)


def ended(someone: Window) -> None:
    """A ticket that was sent after the session had ended. The last scene of somebody."""
    someone.go("/tickets/new")
    someone.page.locator("#subject").fill("Radiator is cold")
    someone.page.locator("#message").fill(MESSAGE)
    with factories.writing(someone.app):
        db.session.execute(delete(UserSession))
    someone.page.locator("main form.stack .actions .btn-primary").click()
    someone.page.locator("textarea[readonly]").wait_for()


def too_fast(someone: Window) -> None:
    """A ticket that was sent too soon, with the form once more."""
    someone.go("/tickets/new")
    someone.page.locator("#subject").fill("Radiator is cold")
    someone.page.locator("#message").fill(MESSAGE)
    with someone.app.app_context():
        ann = db.session.scalars(select(User.id).where(User.email == "ann@example.com")).one()
        while limits.WRITING.add(counts.hashed_key(f"actor:{ann}")):
            pass
    someone.page.locator("main form.stack .actions .btn-primary").click()
    someone.page.locator("#typed-message").wait_for()
    with someone.app.app_context():
        counts.limiter.reset()


def moving(someone: Window) -> None:
    """The account is about to move to an address that is long."""
    someone.go("/account/email")
    someone.page.locator("#email").fill(f"ann@{LONG[:30] * 2}.example.com")
    someone.page.locator("#password").fill(PASSWORD)
    someone.page.locator("#password").press("Enter")
    someone.page.locator(".moving").wait_for()


def hook_refused(someone: Window) -> None:
    """The folded form of a webhook comes back unfolded."""
    someone.go(f"{ACCOUNT_HOOKS}/1")
    someone.page.locator("#settings summary").click()
    someone.page.locator("#settings [name=url]").fill("https://localhost/")
    someone.page.locator("#settings button").click()
    someone.page.locator("#settings .field-error").wait_for()


def app_begun(someone: Window) -> str:
    """An authenticator app is being set up; answers its secret."""
    with factories.writing(someone.app):  # all the scenes before may have taken long
        db.session.execute(update(UserSession).values(confirmed_at=clock.now()))
    someone.go("/account/security")
    someone.page.locator("form[action='/account/security/totp'] button").click()
    return someone.page.locator("#secret").inner_text().replace(" ", "")


def app_refused(someone: Window) -> None:
    """The first code was wrong."""
    app_begun(someone)
    someone.page.locator("#code").fill("12345")
    someone.page.locator("#code").press("Enter")
    someone.page.locator(REFUSAL).first.wait_for()


def recovery_codes(someone: Window) -> None:
    """The first code was right."""
    secret = app_begun(someone)
    someone.page.locator("#code").fill(code_of(secret))
    someone.page.locator("#code").press("Enter")
    someone.page.locator(".codes").wait_for()


def second_step(someone: Window) -> None:
    """The password was right, now for the code: whoever has an app, at the end."""
    someone.page.locator("form[action='/auth/logout']").evaluate("form => form.requestSubmit()")
    someone.page.wait_for_url(someone.site + "/")
    someone.go("/auth/login")
    someone.page.locator("#email").fill("ann@example.com")
    someone.page.locator("#password").fill(PASSWORD)
    someone.page.locator("#password").press("Enter")
    someone.page.locator("#code").wait_for()


PATHS |= {"/account/security/totp", "/account/security/codes", "/auth/login/code"}


def mailed(app: Flask, cast: Cast) -> dict[str, Scene]:
    """What the links in mails open."""
    scenes: dict[str, Scene] = {}
    with factories.writing(app):
        carl = _user(cast.carl)
        for purpose, door in DOORS.items():
            data = {"from": f"carl@{LONG[:60]}.example.com"}
            token = tokens.issue(carl, purpose, **data)
            scenes[f"link to {door}"] = at(f"/auth/{door}/{tokens.sign(purpose, token)}")
        registration.ask(
            email=INVITED, locale="en", first_name=LONG[:60], company_name=LONG, last_name="x"
        )
        asked = db.session.scalars(select(PendingRegistration)).one()
        text = tokens.sign(TokenPurpose.REGISTRATION, asked)
        solved = db.session.scalars(select(Ticket).filter_by(status="solved")).first()
        assert solved
        rating = f"/auth/ratings/{rating_links.sign(solved)}"
        first_tickets.hold(
            subject=LONG, message=MESSAGE, wait=timedelta(0), email="holds@example.com", locale="en"
        )
        held = db.session.scalars(
            select(PendingRegistration).filter_by(email="holds@example.com")
        ).one()
        held_text = tokens.sign(TokenPurpose.REGISTRATION, held)
    scenes["link to a held ticket"] = at(f"/auth/verify/{held_text}")
    scenes["link to rate"] = at(f"{rating}?rating=bad")
    scenes["rating without a choice"] = send(rating, "main form")
    scenes["link to verify"] = at(f"/auth/verify/{text}")
    scenes["bad password"] = send(f"/auth/verify/{text}", "main form", password="short")
    return scenes


DOORS = {TokenPurpose.RESET: "reset", TokenPurpose.UNDO_EMAIL: "restore"}
STRANGER: dict[str, Scene] = {
    "start page": at("/"),
    "sign in": at("/auth/login"),
    "a desk that is set up": at("/setup/x"),
    "sign in refused": send(
        "/auth/login", "main form.stack", email="a@example.com", password="wrong"
    ),
    "register": at("/auth/register"),
    "register refused": send("/auth/register", "main form", email="nobody"),
    "registered": send("/auth/register", "main form", "main a[href='/auth/login']", email=INVITED),
    "register at once": registering(Mode.OPEN, at("/auth/register")),
    "register with a known address": registering(
        Mode.OPEN,
        send("/auth/register", "main form", email="ann@example.com", password=f"{LONG} 5 lamps"),
    ),
    "by invitation": registering(Mode.INVITED, at("/auth/register")),
    "ask": at("/auth/ask"),
    "ask from the start page": at(f"/auth/ask?subject={LONG}"),
    "ask refused": send("/auth/ask", "main form", email="nobody", subject="x", message="y"),
    "asked": send(
        "/auth/ask",
        "main form",
        "main a[href^='/auth/login']",
        email="asks@example.com",
        subject="x",
        message="y",
    ),
    "ask at once": registering(Mode.OPEN, at("/auth/ask")),
    "ask by invitation": registering(Mode.INVITED, at("/auth/ask")),
    "dead link to verify": at("/auth/verify/dead"),
    "forgotten password": at("/auth/forgot"),
    "forgotten password refused": send("/auth/forgot", "main form", email="nobody"),
    **{f"dead link to {door}": at(f"/auth/{door}/dead") for door in DOORS.values()},
    "invitation": invitation,
    "dead link to rate": at("/auth/ratings/dead"),
    "nothing here": at("/nothing"),
}
CARL: dict[str, Scene] = {
    "no webhooks yet": at(ACCOUNT_HOOKS),
    "no tickets yet": at("/tickets/"),
    "not yours": at(COLD),
    "personal organization": at(ORGANIZATION),
    "invitation of another": invitation,
    "new address": new_address,
    "nothing asked": at(PRIVACY),
    "deletion refused": send(PRIVACY, "#deletion form", password=""),
    "copy in the making": send(PRIVACY, "#export form", "progress"),
    "deletion waits": send(
        PRIVACY, "#deletion form", "aside form[action$=undo]", password=PASSWORD
    ),
    "session ended": ended,
}
BOB: dict[str, Scene] = {
    "copy ready": at(PRIVACY),
    "how did we do": at(SOLVED),
    "rating chosen": choose("good"),
    "rating refused": rating_refused,
    "rated": opened(CLOSED, "#rating summary"),
}
ANN: dict[str, Scene] = {
    "own tickets": at("/tickets/"),
    "help for searching": opened("/tickets/?q=x", ".search-help summary"),
    "nothing fits": at("/tickets/?q=zzzz"),
    "new ticket": at("/tickets/new"),
    "new ticket refused": send("/tickets/new", "main form", subject=""),
    "sent too soon": too_fast,
    "own ticket": at(COLD),
    "message as written": at(f"{COLD}/messages/1"),
    "closed ticket": at(CLOSED),
    "empty answer": send(COLD, "#reply", message=" "),
    "unknown filter": at("/tickets/?status=nonsense"),
    "menu": opened("/tickets/", ".top > .menu > summary"),
    "profile": at("/account/"),
    "another address": at("/account/email"),
    "new address of another": new_address,
    "address that moves": moving,
    "another address refused": send("/account/email", "main form.stack", email="nobody"),
    "password refused": send("/account/security", "#password-section form", password="short"),
    "organization": opened(ORGANIZATION, "#members > .ask > summary"),
    "menu of a member": opened(ORGANIZATION, ".more > summary, .more .ask > summary"),
    "name refused": send(ORGANIZATION, "#organization form", name=""),
    "invitation refused": send(ORGANIZATION, "#invitations form.stack", email="nobody"),
    "credential refused": send(ORGANIZATION, "#credentials form.stack", name="", secret="{"),
    "webhooks": at(ACCOUNT_HOOKS),
    "webhook refused": send(ACCOUNT_HOOKS, HOOK_FORM, url="http://localhost"),
    "webhook made": send(ACCOUNT_HOOKS, HOOK_FORM, "#secret", url="https://9.9.9.9/hook"),
    "webhook": opened(f"{ACCOUNT_HOOKS}/1", ".ask summary"),
    "webhook that fails": at(f"{ACCOUNT_HOOKS}/2"),
    "webhook's changes refused": hook_refused,
    "delivery": at(f"{ACCOUNT_HOOKS}/1/deliveries/1"),
    "password asked again": at("/account/confirm"),
    "app begun": app_begun,
    "app refused": app_refused,
    "recovery codes": recovery_codes,
    "app in use": at("/account/security"),
    "second step": second_step,
}
SAM: dict[str, Scene] = {
    "queue": at("/tickets/queue?view=all"),
    "empty queue": at("/tickets/queue?view=mine"),
    "queue by tag": at("/tickets/queue?view=all&tag=heating"),
    "queue by several filters": at(
        f"/tickets/queue?view=all&status=new&assignee=none&requester=USR000002&tag={LONG[:60]}"
    ),
    "unknown filters": at(f"/tickets/queue?colour={LONG}&status=lost"),
    "mistakes in a search": at(f"/tickets/queue?q={LONG[:50]}+status:opn+created:soon+x:1"),
    "found": at("/tickets/queue?q=radiator+room"),
    "hidden matches": at("/tickets/queue?status=closed&q=radiators"),
    "nothing found": at(f"/tickets/queue?view=all&q=zzzz+{LONG}"),
    "long words found": at(f"/tickets/queue?view=all&q={LONG}"),
    "search unfinished": at("/tickets/queue?q=radiator+OR+status:"),
    "help for searching": opened("/tickets/queue", ".search-help summary"),
    "rows ticked": ticked,
    "rows changed": undo,
    "something changed": news,
    "many changes": at("/tickets/queue/bulk"),
    "a change of many": at("/tickets/queue/bulk/1"),
    "a change under way": at("/tickets/queue/bulk/2"),
    "a macro for many": at("/tickets/queue/bulk/new?action=macro&query=view%3Dall"),
    "what is to be changed": at("/tickets/queue/bulk/new?action=macro:1&query=view%3Dall"),
    "nothing to change": at(
        "/tickets/queue/bulk/new?action=status:open&query=view%3Dall%26tag%3Dzzz"
    ),
    "panel": panel,
    "note in the panel": note,
    "draft, and another one": opened(BEGUN, "[data-draft-state] summary"),
    "keyboard help": keys,
    "saved view": at("/tickets/queue?saved=1"),
    "changed view": at("/tickets/queue?saved=1&view=all&status=open"),
    "saved view that is gone": at("/tickets/queue?saved=99"),
    "views": opened("/tickets/queue/views", ".edit summary"),
    "saved replies": opened("/tickets/replies", ".edit summary"),
    "saved reply refused": send("/tickets/replies/new", "main form", name=""),
    "a saved reply is chosen": at(f"{COLD}/replies"),
    "no saved reply is found": at(f"{COLD}/replies?q=zzz"),
    "saved replies in a dialog": replies_dialog,
    "answers that have not left": opened(BEGUN, ".send-later summary"),
    "view refused": send("/tickets/queue/views/new?priority=high", "main form", name=""),
    "ticket for somebody": at("/tickets/new"),
    "ticket for one of several": send(
        "/tickets/new", "main form", "[name=person]", requester="a", subject="x", message="y"
    ),
    "ticket for nobody": send(
        "/tickets/new", "main form", requester="zzzz", subject="x", message="y"
    ),
    "notifications": at("/tickets/notifications"),
    "no notification": at("/tickets/notifications?cursor=1"),
    "what one is told of": at("/account/notifications"),
    "trash": at("/tickets/trash"),
    "similar tickets": at(f"{COLD}/similar"),
    "no similar tickets": at("/tickets/REQ000003/similar"),
    "person": at("/people/USR000001"),
    "note refused": send("/people/USR000001", "form[action$=notes]", text="\u200b"),
    "note": at("/notes/1"),
    "person without tickets": at("/people/USR000003"),
    "none of their tickets fits": at("/people/USR000001?status=closed&priority=low"),
    "person's activity": at("/people/USR000001/log"),
    "organization": at("/organizations/ORG000001"),
    "organization's activity": at("/organizations/ORG000001/log"),
    "empty trash": restored,
    "ticket": opened(COLD, "#send summary"),
    "ticket before the trash": opened(COLD, ".talk > .ask summary"),
    "closed ticket of a customer": at(CLOSED),
    "not for staff": at("/admin/"),
    "profile": at("/account/"),
    "own absence": send("/account/absence", "main form", back_on="2020-01-01"),
    "profile refused": send("/account/", "main form", username="x"),
    "found by a few letters": at("/go?q=a&ticket=REQ000001"),
    "palette": palette,
    "keys": at("/account/shortcuts"),
    "keys refused": send("/account/shortcuts", "main form", key_down="k", key_up="k"),
    "devices": at("/account/security"),
    "no keys": at("/account/keys"),
    "key made": send("/account/keys", KEY_FORM, "#key", name=LONG),
    "key refused": send("/account/keys", KEY_FORM, name=" "),
    "own activity": at("/account/log"),
    "copy failed": at(PRIVACY),
}
ADA: dict[str, Scene] = {
    "administration": statistics,
    "statistics of no days": at("/admin/?from=2026-02-01&to=2026-01-01&department=Gone"),
    "staff": opened("/admin/staff", "tbody summary"),
    "organizations": at("/admin/organizations"),
    "an organization": at("/admin/organizations/ORG000001"),
    "absence": at("/admin/users/USR000004/absence"),
    "background jobs": at("/admin/jobs"),
    "people": opened("/admin/users", "#person-5 .more > summary"),
    "owed mails": at("/admin/jobs/mails?state=pending"),
    "mails that were given up": at("/admin/jobs/mails"),
    "departments": at("/admin/departments"),
    "a department": send("/admin/departments", "form.sheet", name=" "),
    "name and colour": send("/admin/settings/identity", "main form", product_accent="#fd0"),
    "mail and answers": send("/admin/settings/mail", "main form", mail_from="nobody"),
    "access": send("/admin/settings/access", "main form", registration_domains="!"),
    "texts of mails": at("/admin/settings/texts"),
    "text of a mail": send(
        "/admin/settings/texts/reply/en",
        "main form",
        heading="{{nothing}}",
        subject="x",
        action="x",
    ),
    "filing": at("/admin/settings/tickets"),
    "uploads": send("/admin/settings/uploads", "main form", attachment_count="0"),
    "a setting that was changed": send(
        "/admin/settings/uploads", "main form", "[name=reset]", attachment_count="7"
    ),
    "retention": at(f"/admin/settings/retention?{RETENTION}"),
    "nobody fits": at("/admin/users?q=zzzz"),
    "person": at("/admin/users/USR000001"),
    "oneself": at("/admin/users/USR000006"),
    "edit somebody": send("/admin/users/USR000001/edit", "main form", phone="1"),
    "another address": send("/admin/users/USR000001/email", "main form", email="x"),
    "merge somebody": at("/admin/users/USR000003/merge?into=ann@example.com"),
    "merge somebody with nobody": at("/admin/users/USR000003/merge?into=nobody"),
    "delete somebody": at("/admin/users/USR000001/deletion"),
    "open an account": send("/admin/users/new", "main form", email="x", organization="Acme"),
    "lost second factor": at("/admin/users/USR000005/second-factor"),
    "no second factor to lose": at("/admin/users/USR000002/second-factor"),
    "exports": at("/admin/exports?status=open"),
    # A year that fits into the field, and into no calendar of ours.
    "exports of people refused": send(
        "/admin/exports?kind=people", ".sheet form", since="10000-01-01"
    ),
    "exports that are made again": export_schedule,
    "activity": at("/admin/logs/actions"),
    "webhooks of the desk": at(ADMIN_HOOKS),
    "webhook of the desk": at(f"{ADMIN_HOOKS}/3"),
    "delivery of the desk": at(f"{ADMIN_HOOKS}/4/deliveries/4"),
    "no activity": at("/admin/logs/actions?person=nobody"),
    "rights": at("/admin/rights"),
    "a named role": at("/admin/rights/1"),
    "rights of a person": at("/admin/users/USR000005/rights"),
    "requests for data": at("/admin/privacy"),
    "ratings": at("/admin/ratings"),
    "no ratings": at("/admin/ratings?rating=good"),
    "API requests": at("/admin/logs/api"),
    "no API requests": at("/admin/logs/api?person=nobody"),
}
