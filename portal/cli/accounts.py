"""`flask create-user`, and the first accounts of an empty database."""

from collections.abc import Callable, Mapping
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import select

from portal.errors import EmailTaken
from portal.extensions import begin_write, db
from portal.models.people import Role, User
from portal.security import text
from portal.security.addresses import normal_address
from portal.security.people import passwords, strength
from portal.services.organizations import organizations
from portal.services.people import accounts, profile

_NAMES = {
    Role.ADMIN: ("Alma", "Reyes"),
    Role.STAFF: ("Sasha", "Morgan"),
    Role.CUSTOMER: ("Ursula", "Kemp"),
}

_NOT_AN_ADDRESS = {
    "address": "{!r} is not an e-mail address",
    "local_part": "{!r}: before the @ mail carries up to 64 plain ASCII characters",
}


def _one_line(max_length: int) -> Callable[[click.Context, click.Parameter, str], str]:
    """An option's callback: cleaned text of one line, as forms take it."""

    def clean(_context: click.Context, option: click.Parameter, given: str) -> str:
        try:
            return text.clean(given, max_length=max_length, multiline=False).strip()
        except ValueError:
            raise click.ClickException(
                f"{option.opts[0]} is longer than {max_length} characters, or holds some that "
                "cannot be stored"
            ) from None

    return clean


@click.command("create-user")
@click.argument("email")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default="customer",
    show_default=True,
)
@click.option("--first-name", default="", callback=_one_line(profile.MAX_NAME))
@click.option("--last-name", default="", callback=_one_line(profile.MAX_NAME))
@click.option(
    "--company",
    default="",
    callback=_one_line(organizations.MAX_NAME),
    help="Make an organization of this name with them as owner.",
)
@click.option("--locale", type=click.Choice(["en", "ru"]), default="en", show_default=True)
@click.password_option(help="Asked for when it is not given; on a command line others may see it.")
@with_appcontext
def create_user(
    email: str,
    role: str,
    first_name: str,
    last_name: str,
    company: str,
    locale: str,
    password: str,
) -> None:
    """Make an account for EMAIL."""
    user = _create(
        email,
        password,
        role=Role(role),
        first_name=first_name,
        last_name=last_name,
        company_name=company,
        locale=locale,
    )
    click.echo(f"{user.number} {user.email} ({user.role})")


def create_first_accounts() -> list[User]:
    """Create the accounts of INITIAL_… (for `make run`: the demo accounts) in an empty database."""
    if db.session.scalar(select(User.id).limit(1)) is not None:
        return []
    wanted = current_app.config["INITIAL_ACCOUNTS"]
    for email, password in wanted.values():
        # All before the first: with one account there, the others are never created.
        _require_good_password(email, password, {})
    made = []
    for role, (email, password) in wanted.items():
        first_name, last_name = _NAMES[Role(role)]
        company = "Birch & Tide Bakery" if role == Role.CUSTOMER else ""
        made.append(
            _create(
                email,
                password,
                role=Role(role),
                first_name=first_name,
                last_name=last_name,
                company_name=company,
            )
        )
    return made


def _create(email: str, password: str, **profile_fields: Any) -> User:
    """Add the account and commit. Raises ClickException."""
    try:
        address = normal_address(email.strip())
    except ValueError as problem:
        raise click.ClickException(_NOT_AN_ADDRESS[str(problem)].format(email)) from None
    _require_good_password(address, password, profile_fields)
    hashed = passwords.hash_password(password, rounds=current_app.config["BCRYPT_ROUNDS"])
    begin_write()
    try:
        user = accounts.register(
            email=address, password_hash=hashed, verified=True, **profile_fields
        )
    except EmailTaken:
        raise click.ClickException(f"{address} has an account already") from None
    db.session.commit()
    return user


def _require_good_password(address: str, password: str, profile_fields: Mapping[str, Any]) -> None:
    """Apply the rules for passwords of people. Raises ClickException."""
    about = [profile_fields.get(name, "") for name in ("first_name", "last_name", "company_name")]
    problem = strength.find_problem(password, tuple(filter(None, (address, *about))))
    if problem == "weak_password":
        raise click.ClickException(
            f"the password for {address} is easy to guess: take a few unrelated words"
        )
    if problem is not None:
        raise click.ClickException(
            f"a password has {passwords.MIN_LENGTH} to {passwords.MAX_LENGTH} characters"
        )
