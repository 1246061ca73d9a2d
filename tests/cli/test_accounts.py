"""`flask create-user`, and the first accounts of a desk."""

import pytest
from click import ClickException
from click.testing import Result
from flask import Flask

from portal.cli.accounts import create_first_accounts, create_user
from portal.config import DEMO_ACCOUNTS
from portal.extensions import db
from portal.models.delivery import Outbox
from portal.models.organizations import Organization
from portal.models.people import Role, User
from tests.cast import Cast
from tests.page import Visitor

PASSWORD = "only four words here"


def run(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(create_user, words)


def users(app: Flask) -> dict[str, User]:
    with app.app_context():
        return {user.email: user for user in db.session.scalars(db.select(User))}


def test_an_account_is_made_and_opens_with_its_password(app: Flask, client: Visitor) -> None:
    result = run(app, "Zoe@Example.COM", "--role", "staff", "--password", PASSWORD)
    assert (result.exit_code, result.output) == (0, "USR000001 zoe@example.com (staff)\n")
    zoe = users(app)["zoe@example.com"]
    assert client.enter(zoe, PASSWORD).get("/tickets/queue")


def test_without_a_role_it_is_a_customer_with_a_personal_organization(app: Flask) -> None:
    run(app, "zoe@example.com", "--password", PASSWORD)
    zoe = users(app)["zoe@example.com"]
    with app.app_context():
        assert db.session.get_one(Organization, zoe.organization_id).personal
    assert (zoe.role, zoe.locale) == (Role.CUSTOMER, "en")


def test_names_company_and_language_are_kept(app: Flask) -> None:
    words = ["--first-name", "Зоя", "--last-name", "Белова", "--company", "Сосна"]
    run(app, "zoe@example.com", "--locale", "ru", "--password", PASSWORD, *words)
    zoe = users(app)["zoe@example.com"]
    with app.app_context():
        organization = db.session.get_one(Organization, zoe.organization_id)
    assert (zoe.name, zoe.locale, organization.name) == ("Зоя Белова", "ru", "Сосна")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["not an address", "--password", PASSWORD], "'not an address' is not an e-mail address"),
        (["zoe@example.com", "--password", "short"], "a password has 8 to 200 characters"),
        (["zoe@example.com", "--password", "x" * 201], "a password has 8 to 200 characters"),
        (
            ["zoe@example.com", "--password", "Password123!"],
            "the password for zoe@example.com is easy to guess: take a few unrelated words",
        ),
        (
            ["zoe.petrova@example.com", "--last-name", "Petrova", "--password", "Petrova1"],
            "the password for zoe.petrova@example.com is easy to guess: take a few unrelated words",
        ),
        (
            ["zoe@example.com", "--password", PASSWORD, "--last-name", "a\udcff"],
            "--last-name is longer than 100 characters, or holds some that cannot be stored",
        ),
        (
            ["zoe@example.com", "--password", PASSWORD, "--company", "x" * 201],
            "--company is longer than 200 characters, or holds some that cannot be stored",
        ),
        (
            ["zoe\udcff@example.com", "--password", PASSWORD],
            r"'zoe\udcff@example.com' is not an e-mail address",
        ),
        (["ann@example.com", "--password", PASSWORD], "ann@example.com has an account already"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    app: Flask, cast: Cast, words: list[str], reason: str
) -> None:
    before = users(app).keys()
    result = run(app, *words)
    assert (result.exit_code, result.output) == (1, f"Error: {reason}\n")
    assert users(app).keys() == before


def test_the_owner_of_a_taken_address_is_not_bothered(app: Flask, cast: Cast) -> None:
    run(app, cast.ann.email, "--password", PASSWORD)
    with app.app_context():
        assert db.session.query(Outbox).count() == 0


def test_the_first_accounts_are_those_of_the_settings(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = {"admin": ("root@example.com", PASSWORD), "customer": ("c@example.com", PASSWORD)}
    monkeypatch.setitem(app.config, "INITIAL_ACCOUNTS", chosen)
    with app.app_context():
        create_first_accounts()
    assert {user.email: user.role for user in users(app).values()} == {
        "root@example.com": Role.ADMIN,
        "c@example.com": Role.CUSTOMER,
    }


def test_a_first_account_that_is_easy_to_guess_stops_with_one_line(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = {"admin": ("root@example.com", PASSWORD), "staff": ("s@example.com", "Password123!")}
    monkeypatch.setitem(app.config, "INITIAL_ACCOUNTS", chosen)
    with app.app_context(), pytest.raises(ClickException, match="easy to guess"):
        create_first_accounts()
    assert not users(app)


def test_the_accounts_of_a_try_out_are_made_as_they_are_known(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "INITIAL_ACCOUNTS", DEMO_ACCOUNTS)
    with app.app_context():
        create_first_accounts()
    assert set(users(app)) == {email for email, _password in DEMO_ACCOUNTS.values()}


def test_a_desk_with_people_gets_no_first_accounts(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "INITIAL_ACCOUNTS", {"admin": ("root@example.com", PASSWORD)})
    before = users(app).keys()
    with app.app_context():
        create_first_accounts()
    assert users(app).keys() == before
