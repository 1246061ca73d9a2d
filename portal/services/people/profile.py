"""Changing profile fields: names, contact data, language, mails."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.exc import IntegrityError

from portal import i18n
from portal.errors import Invalid
from portal.extensions import db, setting
from portal.models.people import (
    AccountEventKind,
    Actor,
    AfterSending,
    MailsAs,
    User,
    declinable,
    declinable_on_pages,
)
from portal.queries.people import users
from portal.security import permissions
from portal.security.people import identifiers
from portal.services.people import account_log

# Of first and last name each.
MAX_NAME = 100
MAX_SIGNATURE = 1000
MAX_TIMEZONE = 64


def change(*, actor: Actor, user: User, values: Mapping[str, Any]) -> list[str]:
    """Set the fields in `values` (cleaned text); return the names of those that changed.

    For one's own account or, for admins, any. Raises Invalid with a code for each invalid field;
    then nothing is set. Mails that cannot be declined are ignored.
    """
    permissions.require(actor.id == user.id or permissions.can_manage_person(actor, user))
    normal = _checked(user, values)
    changed = [name for name, value in normal.items() if getattr(user, name) != value]
    for name in changed:
        setattr(user, name, normal[name])
    if changed:
        # Field names only: former values are personal data.
        account_log.record(
            user=user, kind=AccountEventKind.PROFILE_CHANGED, actor=actor, fields=changed
        )
        _flush()
    return changed


def _checked(user: User, values: Mapping[str, Any]) -> dict[str, Any]:
    normal, wrong = {}, {}
    for name, value in values.items():
        try:
            normal[name] = FIELDS[name](user, value)
        except ValueError as problem:
            wrong[name] = str(problem)
    if wrong:
        raise Invalid(**wrong)
    return normal


def _flush() -> None:
    try:
        db.session.flush()
    except IntegrityError:
        # A concurrent transaction took the username.
        raise Invalid(username="taken") from None


def _at_most(length: int) -> Callable[[User, str], str]:
    def check(_user: User, text: str) -> str:
        if len(text) > length:
            raise ValueError("too_long")
        return text

    return check


def _username(user: User, text: str | None) -> str | None:
    if not text:
        return None
    name = identifiers.normal_username(text)
    owner = users.by_username(name)
    if owner is not None and owner.id != user.id:
        raise ValueError("taken")
    return name


def _phone(user: User, text: str | None) -> str | None:
    return identifiers.normal_phone(text, user.locale) if text else None


def _inn(_user: User, text: str | None) -> str | None:
    return identifiers.normal_inn(text) if text else None


def _locale(_user: User, text: str) -> str:
    if text not in setting("LANGUAGES"):
        raise ValueError("unknown")
    return text


def check_timezone(text: str) -> str:
    """`text`, a zone of the tz database. Raises ValueError."""
    if text not in i18n.zone_names():
        raise ValueError("unknown")
    return text


def _after_sending(_user: User, text: str) -> str:
    if text not in frozenset(AfterSending):
        raise ValueError("unknown")
    return text


def _mails_as(_user: User, text: str) -> str:
    if text not in frozenset(MailsAs):
        raise ValueError("unknown")
    return text


def _muted(user: User, names: list[str]) -> list[str]:
    return [name for name in declinable(user.role) if name in names]


def _muted_on_pages(user: User, names: list[str]) -> list[str]:
    return [name for name in declinable_on_pages(user.role) if name in names]


# Fields that may be set, with functions that return the stored form or raise ValueError.
FIELDS: dict[str, Callable[[User, Any], Any]] = {
    "first_name": _at_most(MAX_NAME),
    "last_name": _at_most(MAX_NAME),
    "username": _username,
    "phone": _phone,
    "inn": _inn,
    "locale": _locale,
    "timezone": lambda _user, text: check_timezone(text) if text else "",
    "signature": _at_most(MAX_SIGNATURE),
    "after_sending": _after_sending,
    "mails_as": _mails_as,
    "muted": _muted,
    "muted_on_pages": _muted_on_pages,
}
