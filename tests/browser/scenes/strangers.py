"""Pages of who is not signed in."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models.organizations import Invitation
from portal.models.people import OrganizationRole, PendingRegistration, TokenPurpose, User
from portal.models.tickets import Ticket
from portal.rhythm import Every
from portal.security import rating_links, report_links
from portal.security.people import tokens, unsubscribe_links
from portal.services.organizations import domains, invitations
from portal.services.people import registration
from portal.services.people.registration import Mode
from portal.services.statistics import report_subscriptions
from portal.services.tickets import first_tickets
from tests import factories
from tests.browser.scenes.playing import INVITED, LONG, MESSAGE, PATHS, Scene, at, send
from tests.browser.window import Window
from tests.cast import Cast


def registering(mode: Mode, scene: Scene) -> Scene:
    """The scene where accounts are opened in that way."""

    def play(someone: Window) -> None:
        usual = someone.app.config["REGISTRATION"]
        someone.app.config["REGISTRATION"] = mode.value
        scene(someone)
        someone.app.config["REGISTRATION"] = usual

    return play


def invitation(someone: Window) -> None:
    """The link of the one invitation there is."""
    with someone.app.app_context():
        text = tokens.sign(invitations.PURPOSE, db.session.get_one(Invitation, 1))
    someone.go(f"/auth/invitations/{text}")


def mailed(app: Flask, cast: Cast) -> dict[str, Scene]:
    """What the links in mails open."""
    scenes: dict[str, Scene] = {}
    with factories.writing(app):
        carl = db.session.get_one(User, cast.carl.id)
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
        report = report_subscriptions.subscribe(
            actor=cast.ada, user=db.session.get_one(User, cast.ada.id), every=Every.MONTH
        )
        report_link = f"/auth/reports/{report_links.sign(report)}"
        mails_link = f"/auth/mails/{unsubscribe_links.sign(carl, 'reply')}"
        first_tickets.hold(
            subject=LONG, message=MESSAGE, wait=timedelta(0), email="holds@example.com", locale="en"
        )
        held = db.session.scalars(
            select(PendingRegistration).filter_by(email="holds@example.com")
        ).one()
        asked_for = domains.ask(
            actor=cast.ann, email="admin@acme.example", role=OrganizationRole.USER
        )
        domain_link = f"/auth/domains/{tokens.sign(domains.PURPOSE, asked_for)}"
        held_text = tokens.sign(TokenPurpose.REGISTRATION, held)
    scenes["link to a held ticket"] = at(f"/auth/verify/{held_text}")
    scenes["link to a domain"] = at(domain_link)
    scenes["link to rate"] = at(f"{rating}?rating=bad")
    scenes["link to stop a report"] = at(report_link)
    scenes["link to decline mails"] = at(mails_link)
    scenes["declined mails"] = send(mails_link, "main form", "main")
    scenes["rating without a choice"] = send(rating, "main form")
    scenes["link to verify"] = at(f"/auth/verify/{text}")
    scenes["bad password"] = send(f"/auth/verify/{text}", "main form", password="short")
    return scenes


DOORS = {TokenPurpose.RESET: "reset", TokenPurpose.UNDO_EMAIL: "restore"}
STRANGER: dict[str, Scene] = {
    "start page": at("/"),
    "help": at("/help/"),
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
    "dead link to a domain": at("/auth/domains/dead"),
    "dead link to stop a report": at("/auth/reports/dead"),
    "dead link to decline mails": at("/auth/mails/dead"),
    "nothing here": at("/nothing"),
}

PATHS.update(["/auth/invitations/x", "/auth/register/sent", "/auth/ask/sent"])
