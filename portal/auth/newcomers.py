"""What the forms for people without an account do alike: `/auth/register` and `/auth/ask`."""

from collections.abc import Callable
from typing import Any, Protocol

from flask import current_app
from wtforms import Field

from portal.errors import EmailTaken
from portal.extensions import begin_write, db
from portal.models.people import User
from portal.security.people import passwords
from portal.services.people import registration
from portal.services.people.registration import Applicant
from portal.web.rate_limits import mail_rates


class NewcomersForm(Protocol):
    """Who somebody says they are."""

    def applicant(self) -> Applicant: ...


class AtOnceForm(NewcomersForm, Protocol):
    """The same with a password, where accounts are opened at once."""

    password: Field

    def add_error(self, name: str, code: str) -> None: ...


def ask_for_link(form: NewcomersForm, hold: Callable[..., Any] = registration.ask) -> None:
    """Hold what was typed and mail a link to the address, unless it has had too many."""
    applicant = form.applicant()
    wait = mail_rates.registration_delay(applicant["email"])
    begin_write()
    if wait is not None:
        hold(wait=wait, **applicant)
    db.session.commit()


def open_at_once(form: AtOnceForm) -> User | None:
    """The account, in a write unit that has begun; None, told at its field, if there is one."""
    hashed = passwords.hash_password(form.password.data, rounds=current_app.config["BCRYPT_ROUNDS"])
    begin_write()
    try:
        return registration.open_at_once(password_hash=hashed, **form.applicant())
    except EmailTaken:
        db.session.rollback()
        form.add_error("email", "email_taken")
        return None
