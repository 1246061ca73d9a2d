"""`/auth/domains/<token>`: the page of whoever reads mail at a domain."""

from collections.abc import Callable

from flask import Flask
from sqlalchemy import select

from portal.extensions import db
from portal.models.people import User
from tests.cast import PASSWORD, Cast
from tests.mailbox import Mailbox
from tests.page import Visitor
from tests.registration import open_account

ASKED = {"email": "postmaster@acme.example", "role": "user"}
DOMAINS = "/account/organization/domains"


def test_from_the_mail_to_a_new_member(
    visit: Callable[[], Visitor], app: Flask, cast: Cast, mailbox: Mailbox
):
    visit().sign_in(cast.ann).post(DOMAINS, ASKED)
    link = mailbox.link(ASKED["email"], "domains")
    stranger = visit()
    page = stranger.get(link)
    assert "Ann Archer (ann@example.com) asks" in page.words
    assert "acme.example" in page.words
    assert "becomes a member of Acme" in stranger.follow(stranger.post(link)).words
    stranger.get(link, status=410)
    open_account(visit(), mailbox, "dora@acme.example", company_name="Dora & Sons")
    with app.app_context():
        dora = db.session.scalars(select(User).filter_by(email="dora@acme.example")).one()
        assert dora.organization_id == cast.ann.organization_id


def test_a_ticket_that_waited_is_the_new_members(
    visit: Callable[[], Visitor], cast: Cast, mailbox: Mailbox
):
    visit().sign_in(cast.ann).post(DOMAINS, ASKED)
    visit().post(mailbox.link(ASKED["email"], "domains"))
    dora = visit()
    dora.post(
        "/auth/ask", {"email": "dora@acme.example", "subject": "Cold water", "message": "Again."}
    )
    dora.post(mailbox.link("dora@acme.example", "verify"), {"password": PASSWORD})
    assert "Cold water" in visit().sign_in(cast.ann).get("/tickets/").words


def test_a_domain_of_somebody_else_is_said_to_who_reads_mail_there_alone(
    visit: Callable[[], Visitor], cast: Cast, mailbox: Mailbox
):
    carl = visit().sign_in(cast.carl)
    carl.post("/account/organization", {"name": "Carl & Co"})
    assert "on its way" in carl.follow(carl.post(DOMAINS, ASKED)).words
    ann = visit().sign_in(cast.ann)
    ann.post(DOMAINS, ASKED)
    carls, anns = mailbox.links(ASKED["email"], "domains")
    visit().post(anns)
    assert "another organization here" in visit().post(carls, status=409).words
