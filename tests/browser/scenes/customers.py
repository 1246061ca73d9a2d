"""Pages of customers: Carl has asked nothing yet, Bob has answers, Ann has an organization."""

from sqlalchemy import delete, select, update

from portal import clock
from portal.extensions import db
from portal.models.people import TokenPurpose, User, UserSession
from portal.security.people import tokens
from portal.web.rate_limits import counts, limits
from tests import factories
from tests.browser.scenes.playing import (
    CLOSED,
    COLD,
    HOOK_FORM,
    INVITED,
    LONG,
    MESSAGE,
    PATHS,
    PRIVACY,
    REFUSAL,
    SOLVED,
    Scene,
    at,
    opened,
    send,
)
from tests.browser.scenes.strangers import invitation
from tests.browser.window import Window
from tests.cast import PASSWORD
from tests.totp import code_of

ORGANIZATION = "/account/organization"
PRODUCTS = "/account/organization/products"
SYNCS = "/account/organization/products/syncs"
HOOKS = "/account/webhooks"


def new_address(someone: Window) -> None:
    """The link that Carl's new address was mailed."""
    with factories.writing(someone.app):
        carl = db.session.scalars(select(User).where(User.email == "carl@example.com")).one()
        token = tokens.issue(carl, TokenPurpose.CHANGE_EMAIL, email=INVITED)
        text = tokens.sign(TokenPurpose.CHANGE_EMAIL, token)
    someone.go(f"/account/new-email/{text}")


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
    someone.go(f"{HOOKS}/1")
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


CARL: dict[str, Scene] = {
    "no webhooks yet": at(HOOKS),
    "no products yet": at(PRODUCTS),
    "no marketplaces yet": at(SYNCS),
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
    "page of the guide": at("/help/customers/follow-a-ticket"),
    "help for searching": opened("/tickets/?q=x", ".search-help summary"),
    "nothing fits": at("/tickets/?q=zzzz"),
    "new ticket": at("/tickets/new"),
    "new ticket refused": send("/tickets/new", "main form.stack", subject=""),
    "sent too soon": too_fast,
    "own ticket": at(COLD),
    "message as written": at(f"{COLD}/messages/1"),
    "mail as sent": at(f"{COLD}/messages/1/mail"),
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
    "products": at(PRODUCTS),
    "no such products": at(f"{PRODUCTS}?q=zzzz"),
    "products to add": at(f"{COLD}/products?q={LONG[:20]}"),
    "products of a new ticket": at("/tickets/new?find=mug&product=PRD000001"),
    "marketplaces and syncs": at(SYNCS),
    "schedule refused": send(SYNCS, "#schedule form", cron="hourly"),
    "organization": opened(ORGANIZATION, "#members > .ask > summary"),
    "menu of a member": opened(ORGANIZATION, ".more > summary, .more .ask > summary"),
    "domain refused": send(ORGANIZATION, "#domains form", email="ann@acme.example"),
    "name refused": send(ORGANIZATION, "#organization form", name=""),
    "invitation refused": send(ORGANIZATION, "#invitations form.stack", email="nobody"),
    "credential refused": send(ORGANIZATION, "#credentials form.stack", name="", secret="{"),
    "webhooks": at(HOOKS),
    "webhook refused": send(HOOKS, HOOK_FORM, url="http://localhost"),
    "webhook made": send(HOOKS, HOOK_FORM, "#secret", url="https://9.9.9.9/hook"),
    "webhook": opened(f"{HOOKS}/1", ".ask summary"),
    "webhook that fails": at(f"{HOOKS}/2"),
    "webhook's changes refused": hook_refused,
    "delivery": at(f"{HOOKS}/1/deliveries/1"),
    "password asked again": at("/account/confirm"),
    "app begun": app_begun,
    "app refused": app_refused,
    "recovery codes": recovery_codes,
    "app in use": at("/account/security"),
    "second step": second_step,
}

PATHS.update(
    [
        SOLVED,
        "/account/new-email/x",
        "/account/security/totp",
        "/account/security/codes",
        "/auth/login/code",
    ]
)
