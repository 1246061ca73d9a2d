"""What a mailed link does by itself, pressed by somebody who is not signed in.

Each purpose has a line here. A link proves that somebody reads a mailbox; what it may change by
that alone is written down, column by column, and held against what really changes.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from portal import clock
from portal.extensions import db
from portal.mail.message_context import LINKS
from portal.models.people import (
    KeyScope,
    OrganizationRole,
    Passkey,
    PendingRegistration,
    TokenPurpose,
    User,
    UserToken,
)
from portal.queries.organizations import organizations
from portal.security.people import api_keys, refresh_tokens, tokens
from portal.services.organizations import domains, invitations
from portal.services.people import email_change, passwords, registration, users
from tests import factories, totp
from tests.cast import Cast, password_hash
from tests.page import Visitor

pytestmark = pytest.mark.threat("mailed links")

RESET, CHANGE, UNDO, SECOND_FACTOR, INVITATION, REGISTRATION, DOMAIN = (
    TokenPurpose.RESET,
    TokenPurpose.CHANGE_EMAIL,
    TokenPurpose.UNDO_EMAIL,
    TokenPurpose.SECOND_FACTOR,
    TokenPurpose.INVITATION,
    TokenPurpose.REGISTRATION,
    TokenPurpose.DOMAIN,
)
# Not in a mail, but in the session of the browser that gave the right password.
NOT_MAILED = {SECOND_FACTOR}
# What is said of it all, and nobody's right: the log, mails, what webhooks hear, counts of ids.
SAID = {"account_events +", "outbox +"}
# Ends access that somebody else may have: nothing here gives any.
ENDED = {"users.epoch", "user_sessions -", "refresh_families.ended_at", "api_keys.revoked_at"}
# The words of a name, or of an address without one, by which its owner is found.
FOUND_BY = {"search_names +"}
ALONE: dict[TokenPurpose, set[str]] = {
    # A new password. A second factor is asked for as ever: see the columns that are not here.
    RESET: {*SAID, *ENDED, "users.password_hash", "user_tokens.used_at"},
    # Nothing: the address may be a stranger's. It is asked for in the account that moves.
    CHANGE: set(),
    # The address from before, and no password at all; a link to set one goes to that address.
    UNDO: {
        *SAID, *ENDED, *FOUND_BY, "users.email", "users.password_hash", "user_tokens.used_at",
        "user_tokens +", "search_names -",
    },
    # An account for the address, which has none, as a member of the organization.
    INVITATION: {*SAID, *FOUND_BY, "users +", "invitations.accepted_at"},
    # An account for the address, which has none, and its first session.
    REGISTRATION: {
        "account_events +", *FOUND_BY, "users +", "organizations +", "user_sessions +",
        "pending_registrations -",
    },
    # New accounts of the domain join, and the owners hear of it.
    DOMAIN: {
        *SAID, "organization_domains.confirmed_at", "organization_domains.expires_at",
    },
}  # fmt: skip
FORM = {"password": "an unlikely sentence of mine", "first_name": "Zoe"}
ZOE = "zoe@example.com"
Make = Callable[[Cast], str]


def undoable(user: User, purpose: TokenPurpose, **data: str) -> UserToken:
    return tokens.add(user, purpose, email_change.UNDO_FOR, **data)


def for_ann(purpose: TokenPurpose) -> Make:
    def make(cast: Cast) -> str:
        data = {"from": "ann.old@example.com", "since": clock.now().isoformat()}
        user = db.session.get_one(User, cast.ann.id)
        give = tokens.issue if purpose is not UNDO else undoable
        made = give(user, purpose, email="ann.new@example.com", **data)
        return tokens.sign(purpose, made)

    return make


def invite_zoe(cast: Cast) -> str:
    offer = invitations.invite(actor=cast.ann, email=ZOE, role=OrganizationRole.USER)
    return tokens.sign(INVITATION, offer)


def register_zoe(cast: Cast) -> str:
    registration.ask(email=ZOE, locale="en")
    query = select(PendingRegistration).execution_options(populate_existing=True)
    return tokens.sign(REGISTRATION, db.session.scalars(query).one())


def ask_for_domain(cast: Cast) -> str:
    acme = organizations.lock(cast.ann.organization_id)
    email, role = "postmaster@acme.example", OrganizationRole.USER
    row = domains.ask(actor=cast.ann, organization=acme, email=email, role=role)
    return tokens.sign(DOMAIN, row)


MAKE: dict[TokenPurpose, Make] = {
    RESET: for_ann(RESET),
    CHANGE: for_ann(CHANGE),
    UNDO: for_ann(UNDO),
    INVITATION: invite_zoe,
    REGISTRATION: register_zoe,
    DOMAIN: ask_for_domain,
}
MAILED = sorted(set(TokenPurpose) - NOT_MAILED)


def link(app: Flask, cast: Cast, purpose: TokenPurpose) -> str:
    """A new one of that purpose, as a mail has it."""
    with factories.writing(app):
        return f"/{LINKS[purpose]}/{MAKE[purpose](cast)}"


def everything(app: Flask) -> dict[str, dict[Any, dict[str, Any]]]:
    """All rows of all tables, by their keys."""
    found = {}
    with app.app_context():
        for table in db.metadata.sorted_tables:
            keys = [column.name for column in table.primary_key]
            rows = db.session.execute(select(table)).mappings()
            found[table.name] = {tuple(row[key] for key in keys): dict(row) for row in rows}
    return found


def changes(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """`table +` and `table -` for rows that came and went, `table.column` for what is another."""
    found = set()
    for name, rows in after.items():
        former = before[name]
        found |= {f"{name} +"} if rows.keys() - former.keys() else set()
        found |= {f"{name} -"} if former.keys() - rows.keys() else set()
        found |= {
            f"{name}.{column}"
            for key in rows.keys() & former.keys()
            for column, value in rows[key].items()
            if value != former[key][column]
        }
    return found


@pytest.fixture
def rich(app: Flask, cast: Cast) -> Cast:
    """Ann has whatever an account can have, and is signed in elsewhere."""
    Visitor(app).sign_in(cast.ann)
    totp.set_up(app, cast.ann)
    with factories.writing(app):
        user = db.session.get_one(User, cast.ann.id)
        refresh_tokens.start(user)
        api_keys.issue(user, name="ERP", scope=KeyScope.WRITE, expires_at=None)
        db.session.add(Passkey(user_id=user.id, name="Phone", credential_id="p", public_key="x"))
    return cast


def test_every_purpose_has_a_line_and_leads_somewhere(app: Flask) -> None:
    assert set(ALONE) == set(MAKE) == set(LINKS) == set(MAILED)
    rules = {
        rule.rule: methods
        for rule in app.url_map.iter_rules()
        for methods in [rule.methods or set()]
        if "GET" in methods
    }
    assert {f"/{where}/<token>" for where in LINKS.values()} <= set(rules)


@pytest.mark.parametrize("purpose", MAILED, ids=str)
def test_looking_at_a_link_changes_nothing(app: Flask, rich: Cast, purpose: TokenPurpose) -> None:
    path = link(app, rich, purpose)
    before = everything(app)
    for method in ("GET", "HEAD", "OPTIONS"):
        Visitor(app).http.open(path, method=method)
    assert changes(before, everything(app)) == set()


@pytest.mark.parametrize("purpose", MAILED, ids=str)
def test_a_link_alone_changes_what_is_written_down(
    app: Flask, rich: Cast, client: Visitor, purpose: TokenPurpose
) -> None:
    path = link(app, rich, purpose)
    before = everything(app)
    client.post(path, FORM)
    found = changes(before, everything(app))
    assert found - {"webhook_deliveries +"} == ALONE[purpose]


@pytest.mark.parametrize("purpose", MAILED, ids=str)
def test_a_link_serves_once(app: Flask, rich: Cast, purpose: TokenPurpose) -> None:
    path = link(app, rich, purpose)
    visitor = Visitor(app).sign_in(rich.ann) if purpose is CHANGE else Visitor(app)
    visitor.post(path, FORM)
    before = everything(app)
    for again in (Visitor(app), visitor if purpose is CHANGE else Visitor(app)):
        again.http.get(path)
        again.http.post(path, data={**FORM, "csrf_token": again.csrf_token()})
    assert changes(before, everything(app)) == set()


def works(app: Flask, cast: Cast, path: str, purpose: TokenPurpose) -> bool:
    """Whether the link still shows its form to whoever may use it."""
    visitor = Visitor(app).sign_in(cast.ann) if purpose is CHANGE else Visitor(app)
    status = visitor.http.get(path).status_code
    assert status in {200, 410}
    return status == 200


def ask_again(app: Flask, cast: Cast, purpose: TokenPurpose) -> None:
    link(app, cast, purpose)


def change_password(app: Flask, cast: Cast, purpose: TokenPurpose) -> None:
    with factories.writing(app):
        user = db.session.get_one(User, cast.ann.id)
        proven = user.password_hash
        passwords.change(user=user, proven_hash=proven, password_hash=password_hash())


def move_address(app: Flask, cast: Cast, purpose: TokenPurpose) -> None:
    """To another one than the link in question is about."""
    with factories.writing(app):
        user = db.session.get_one(User, cast.ann.id)
        text = for_ann(CHANGE)(cast)
        email_change.confirm(actor=user.actor, text=text)


def disable(app: Flask, cast: Cast, purpose: TokenPurpose) -> None:
    """And let in again: what is dead stays dead."""
    for active in (False, True):
        with factories.writing(app):
            user = db.session.get_one(User, cast.ann.id)
            users.set_active(actor=cast.ada, user=user, active=active)


EVENTS = {
    "a newer request": ask_again,
    "a new password": change_password,
    "another address": move_address,
    "being disabled": disable,
}
# Links that something does not end, and why that is right.
SURVIVES = {
    ("a newer request", UNDO): "each move has a way back of its own",
    ("a new password", UNDO): "whoever took the account over would choose one",
    ("another address", UNDO): "whoever took the account over would move it once more",
    ("another address", INVITATION): "it is about the guest, and the sender is the same",
    ("another address", DOMAIN): "it is about the domain, and who asked is the same",
    # Nobody has an account there whose password, address or state could change.
    **dict.fromkeys(
        [(event, REGISTRATION) for event in EVENTS if event != "a newer request"],
        "it is about nobody who has an account",
    ),
}


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("purpose", MAILED, ids=str)
def test_what_ends_a_link(app: Flask, rich: Cast, purpose: TokenPurpose, event: str) -> None:
    path = link(app, rich, purpose)
    assert works(app, rich, path, purpose)
    EVENTS[event](app, rich, purpose)
    assert works(app, rich, path, purpose) is ((event, purpose) in SURVIVES)


@pytest.mark.parametrize("purpose", MAILED, ids=str)
def test_every_link_runs_out(app: Flask, rich: Cast, purpose: TokenPurpose) -> None:
    path = link(app, rich, purpose)
    longest = timedelta(days=7) if purpose in {UNDO, INVITATION, DOMAIN} else timedelta(hours=1)
    with time_machine.travel(clock.now() + longest + timedelta(minutes=1)):
        assert not works(app, rich, path, purpose)
