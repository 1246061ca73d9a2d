"""No secret is written anywhere but where it has to be: planted ones are looked for."""

import io
import logging
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from portal import logs
from portal.extensions import db
from portal.models.people import Actor
from tests.cast import PASSWORD, Cast
from tests.databases import everything_stored
from tests.mail.outgoing import part
from tests.mailbox import Mailbox
from tests.page import Visitor
from tests.totp import code_of

WRONG = "planted-Wrong-Passphrase-77"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.cGxhbnRlZC1jbGFpbXM.cGxhbnRlZC1zaWduYXR1cmU"
LINK = "planted.Link-Token-abcdefghijklmnop"
NEW_PASSWORD = "planted seven quiet lamps beside a harbour"
MARKETPLACE = "planted-Marketplace-Key-4711"
FIELDS = {"name": "robot", "scope": "write", "expires": "90"}


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What the process would write to its log, at its most talkative."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    logs.configure("DEBUG", "text")
    stream = io.StringIO()
    for handler in root.handlers:
        if getattr(handler, "lodge", False):
            handler.setStream(stream)  # type: ignore[attr-defined]
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


def plant(visitor: Visitor, person: Actor) -> list[str]:
    """Type, make and send secrets the way people do; answers those that nobody may find again."""
    visitor.post("/auth/login", {"email": person.email, "password": WRONG}, status=422)
    visitor.enter(person)
    with visitor.http.session_transaction() as session:
        cookie = session["_user_id"]
    keys = []
    for path in ("/account/keys", "/account/keys", "/account/keys/reset"):
        page = visitor.follow(visitor.post(path, FIELDS))
        keys.append(page.one("input", id="key")["value"])
    for secret in (keys[-1], keys[0], TOKEN):
        headers = {"Authorization": f"Bearer {secret}"}
        visitor.http.get("/api/v1/tickets", headers=headers)
        visitor.http.get("/account/keys", headers=headers)
    visitor.http.get(f"/auth/reset/{LINK}")
    for secret, status in ((MARKETPLACE, 303), (f"{{{MARKETPLACE}", 422)):
        fields = {"name": "Marketplace", "secret": secret}
        visitor.post("/account/organization/credentials", fields, status)
    visitor.post("/auth/logout")
    return [PASSWORD, WRONG, TOKEN, LINK, MARKETPLACE, cookie, *(key[11:] for key in keys)]


def plant_codes(visitor: Visitor, person: Actor) -> list[str]:
    """Set up an app, type its codes and a recovery code; answers all of them and the secret."""
    visitor.enter(person)
    page = visitor.follow(visitor.post("/account/security/totp"))
    secret = page.one("code", id="secret").text.replace(" ", "")
    first, second = code_of(secret), code_of(secret, ahead=timedelta(seconds=30))
    shown = visitor.follow(visitor.post("/account/security/totp/confirm", {"code": first}))
    recovery = [code.text for code in shown.one("ul", class_="codes").all("code")]
    wrong = str(1_000_000 + (int(second) + 1) % 1_000_000)[1:]
    for code, status in ((wrong, 422), (second, 303)):
        visitor.post("/auth/logout")
        visitor.enter(person)
        visitor.post("/auth/login/code", {"code": code}, status)
        visitor.http.get(f"/tickets/?code={code}&otp={code}")
    visitor.post("/auth/logout")
    visitor.enter(person)
    visitor.post("/auth/login/code", {"code": recovery[0]})
    visitor.post("/auth/logout")
    return [secret, first, second, wrong, *recovery]


def plant_link(visitor: Visitor, person: Actor, mailbox: Mailbox) -> str:
    """Ask for a real link, follow it and use it; answers its secret part."""
    visitor.post("/auth/forgot", {"email": person.email})
    link = mailbox.link(person.email, "reset")
    visitor.get(link)
    visitor.post(link, {"password": "short"}, status=422)
    visitor.post(link, {"password": NEW_PASSWORD})
    visitor.get(link, status=410)
    return link.rpartition("/")[2]


def plant_moves(visitor: Visitor, person: Actor, mailbox: Mailbox) -> list[str]:
    """Register, move an account and take it back; answers the secret parts of those links."""
    new = f"new.{person.email}"
    visitor.post("/auth/logout")
    visitor.post("/auth/register", {"email": "zoe@example.com"})
    opening = mailbox.link("zoe@example.com", "verify")
    visitor.get(opening)
    visitor.post(opening, {"password": "short"}, status=422)
    visitor.enter(person)
    visitor.post("/account/email", {"email": new, "password": PASSWORD})
    moving = mailbox.link(new, "new-email")
    visitor.post("/auth/logout")
    visitor.follow(visitor.get(moving, status=303))
    fields = {"email": person.email, "password": PASSWORD, "next": moving}
    visitor.follow(visitor.post("/auth/login", fields))
    visitor.post(moving)
    back = mailbox.link(person.email, "restore")
    visitor.get(back)
    visitor.post(back)
    return [link.rpartition("/")[2] for link in (opening, moving, back)]


def is_in(secret: str, text: str) -> bool:
    """Six digits may be a part of any number or time: they count when they stand alone."""
    text = re.sub(r"datetime\.datetime\([^)]*\)|(?<=:\d\d)\.\d{6}", "", text)
    return re.search(rf"(?<!\w){re.escape(secret)}(?!\w)", text) is not None


@pytest.mark.threat("secrets in logs")
def test_codes_and_mailed_links_are_in_no_log_or_row(
    client: Visitor,
    app: Flask,
    cast: Cast,
    caplog: pytest.LogCaptureFixture,
    written: io.StringIO,
    mailbox: Mailbox,
) -> None:
    caplog.set_level(logging.DEBUG)
    planted = plant_codes(client, cast.ann)
    planted += [plant_link(client, cast.bob, mailbox), NEW_PASSWORD]
    planted += plant_moves(client, cast.carl, mailbox)
    said = "\n".join(f"{record.getMessage()} {record.args}" for record in caplog.records)
    for place in (everything_stored(app), said, written.getvalue()):
        assert not [secret for secret in planted if is_in(secret, place)]
    mails = "\n".join(part(mail) for mail in mailbox.sent(cast.ann.email))
    assert "codes" in mails
    assert not [secret for secret in planted if is_in(secret, mails)]


@pytest.mark.threat("secrets in logs")
def test_planted_secrets_are_in_no_log_row_or_mail(
    client: Visitor,
    app: Flask,
    cast: Cast,
    caplog: pytest.LogCaptureFixture,
    written: io.StringIO,
    mail_folder: Path,
) -> None:
    caplog.set_level(logging.DEBUG)
    planted = plant(client, cast.ann)
    stored = everything_stored(app)
    assert cast.ann.email in stored
    records = "\n".join(str(vars(record)) for record in caplog.records)
    mails = "\n".join(path.read_text() for path in mail_folder.glob("*.eml"))
    for place in (stored, records, caplog.text, written.getvalue(), mails):
        assert not [secret for secret in planted if secret in place]


@pytest.mark.threat("secrets in logs")
def test_a_failure_does_not_print_what_was_sent(
    client: Visitor,
    app: Flask,
    cast: Cast,
    written: io.StringIO,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client.enter(cast.ann)
    page = client.follow(client.post("/account/keys", FIELDS))
    key = page.one("input", id="key")["value"]

    def fail() -> str:
        raise RuntimeError(f"cannot read Authorization: Bearer {key} with password={WRONG}")

    monkeypatch.setitem(app.view_functions, "account.keys", fail)
    page = client.get("/account/keys", status=500)
    log = written.getvalue()
    assert "RuntimeError" in log and key[:11] in log
    for place in (log, page.text):
        assert key[11:] not in place and WRONG not in place


@pytest.mark.threat("secrets in logs")
def test_a_database_error_does_not_print_the_values(
    app: Flask, cast: Cast, written: io.StringIO
) -> None:
    with app.app_context():
        statement = text("SELECT no_such_column FROM users WHERE email = :email")
        with pytest.raises(DBAPIError) as error:
            db.session.connection().execute(statement, {"email": WRONG})
        logging.getLogger("lodge.test").error("it broke", exc_info=error.value)
    assert "no_such_column" in written.getvalue()
    assert WRONG not in written.getvalue()
