"""However somebody spells an address, it is one account at every door of the desk."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from wtforms.fields.core import UnboundField

from portal.api.fields import Answer, Schema
from portal.api.fields import Email as ApiAddress
from portal.cli.accounts import create_user
from portal.cli.backups.restore_ticket import restore_ticket
from portal.cli.importing.import_tickets import import_tickets
from portal.extensions import db
from portal.importers.lodge import COLUMNS
from portal.models.delivery import Outbox
from portal.models.organizations import Invitation
from portal.models.people import Actor, Role, User
from portal.models.tickets import Ticket
from portal.web.forms import Form
from portal.web.people.fields import EmailField
from tests import factories
from tests.api.api_client import ApiClient, token_of
from tests.cast import PASSWORD, Cast, password_hash
from tests.page import Visitor

EMAIL = "info@müller.example"
SPELLINGS = (
    "INFO@Müller.example",
    "info@xn--mller-kva.example",
    "Info@XN--MLLER-KVA.EXAMPLE",
    "info@ｍüｌｌｅｒ．ｅｘａｍｐｌｅ",
    "info@mu\u0308ller\u3002example",
    "  info@müller.example ",
)
# Nobody else by another alphabet, and nothing that is read as something else.
REFUSED = (
    "ｉnfo@müller.example",
    "İnfo@müller.example",
    "анна@example.com",
    "=?utf-8?q?bob=40evil.example?=@example.com",
)
# Where who signs in types: it says nothing of an address, and looks for it as it is typed.
SIGN_IN = {"SignInForm", "SignInSchema"}
# The desk's own, which may have a name before it.
MAILBOX = "support_email"
spelt = pytest.mark.parametrize("email", SPELLINGS, ids=ascii)


@pytest.fixture
def owner(app: Flask, cast: Cast) -> Actor:
    """Whose address it is."""
    with factories.writing(app):
        return factories.actor(
            factories.user(EMAIL, password_hash=password_hash(), role=Role.CUSTOMER)
        )


def column(app: Flask, what: Any) -> list[Any]:
    with app.app_context():
        return list(db.session.scalars(db.select(what)))


@spelt
def test_who_signs_in_is_who_has_the_address(
    app: Flask, client: Visitor, owner: Actor, email: str
) -> None:
    client.post("/auth/login", {"email": email, "password": PASSWORD})
    assert EMAIL in client.get("/account/").text
    ApiClient(app).post("/auth/login", {"email": email, "password": PASSWORD})


@spelt
def test_nobody_else_opens_an_account_with_it(
    app: Flask, client: Visitor, owner: Actor, email: str
) -> None:
    before = column(app, User.id)
    client.http.post(
        "/auth/register",
        data={"csrf_token": client.csrf_token(), "email": email, "password": PASSWORD},
    )
    ApiClient(app).ask("POST", "/auth/register", json={"email": email, "password": PASSWORD})
    made = app.test_cli_runner().invoke(create_user, [email, "--password", PASSWORD])
    assert f"{EMAIL} has an account already" in made.output
    assert column(app, User.id) == before
    assert set(column(app, Outbox.recipient)) <= {EMAIL}


@spelt
def test_mail_goes_to_the_address_as_it_is_stored(
    app: Flask, client: Visitor, cast: Cast, owner: Actor, email: str
) -> None:
    client.post("/auth/forgot", {"email": email})
    ApiClient(app).post("/auth/password-reset-request", {"email": email}, 202)
    client.sign_in(cast.ann).post(
        "/account/organization/invitations", {"email": email, "role": "user"}
    )
    ApiClient(app, token_of(app, cast.ann)).post("/organizations/me/members", {"email": email}, 201)
    assert set(column(app, Invitation.email)) == {EMAIL}
    assert EMAIL in column(app, Outbox.recipient)
    assert not [one for one in column(app, Outbox.recipient) if "ller" in one and one != EMAIL]


@spelt
def test_operators_name_people_as_they_like(
    app: Flask, owner: Actor, tmp_path: Path, email: str
) -> None:
    file = tmp_path / "tickets.csv"
    file.write_text(f"{','.join(COLUMNS)}\n,Hello{',' * (len(COLUMNS) - 2)}\n")
    run = app.test_cli_runner().invoke
    assert run(import_tickets, [str(file), "--requester", email]).exit_code == 0
    assert column(app, Ticket.requester_id) == [owner.id]
    by = run(restore_ticket, ["REQ000001", "--by", email])
    assert "is nobody on the staff" in by.output, "a customer"


def test_a_row_of_another_spelling_from_before_goes_on_signing_in(
    app: Flask, client: Visitor, cast: Cast
) -> None:
    old = ("i\u0307nfo@example.com", "ｉnfo@example.com", f"{'a' * 70}@example.com")
    with factories.writing(app):
        for email in (*old, "info@example.com"):
            factories.user(email, password_hash=password_hash())
    for typed, email in (*zip(old, old, strict=True), ("İnfo@Example.com", old[0])):
        visitor = Visitor(app)
        visitor.post("/auth/login", {"email": typed, "password": PASSWORD})
        assert email in visitor.get("/account/").text


def classes(root: type) -> Iterator[type]:
    for one in root.__subclasses__():
        yield one
        yield from classes(one)


@pytest.mark.usefixtures("app")
def test_every_field_for_an_address_takes_it_in_the_one_form() -> None:
    forms = [
        (form.__name__, field.field_class, EmailField)
        for form in classes(Form)
        for name, field in vars(form).items()
        if "email" in name and name != MAILBOX and isinstance(field, UnboundField)
    ]
    schemas = [
        (schema.__name__, type(field), ApiAddress)
        for schema in classes(Schema)
        if not issubclass(schema, Answer)
        for name, field in schema._declared_fields.items()
        if "email" in name
    ]
    assert len(forms) >= 4
    assert len(schemas) >= 4
    others = {name for name, found, wanted in (*forms, *schemas) if found is not wanted}
    assert others == SIGN_IN


@pytest.mark.parametrize("email", REFUSED, ids=ascii)
def test_what_mail_cannot_carry_is_refused_with_the_reason(
    app: Flask, visit: Callable[[], Visitor], cast: Cast, email: str
) -> None:
    for path, more in (
        ("/auth/register", {"password": PASSWORD}),
        ("/account/organization/invitations", {"role": "user"}),
    ):
        page = visit().sign_in(cast.ann) if path.startswith("/account") else visit()
        assert "Before the @" in page.post(path, {"email": email, **more}, 422).text
    reply = ApiClient(app, token_of(app, cast.ann)).post(
        "/organizations/me/members", {"email": email}, 422
    )
    assert reply.errors == {"email": ["local_part"]}
    made = app.test_cli_runner().invoke(create_user, [email, "--password", PASSWORD])
    assert made.exit_code == 1
    assert "before the @ mail carries" in made.output
