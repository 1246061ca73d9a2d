"""Self-registration, by the setting REGISTRATION.

`confirmed`: form data waits in a row of its own until the mailbox is verified. The request does the
same work for every address; the worker that sends the mail looks for an account. `open`: an account
at once. `invited`: by invitation only (`services.organizations.invitations`).
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Any, NamedTuple, NotRequired, Unpack

from sqlalchemy import delete, select

from portal import clock
from portal.bulk_statements import execute_bulk, upsert
from portal.errors import BadLink, Invalid, RegistrationClosed
from portal.extensions import db, setting
from portal.models.base import default_of
from portal.models.delivery import Outbox
from portal.models.people import PendingAttachment, PendingRegistration, TokenPurpose, User
from portal.queries.people import users
from portal.security.people import identifiers, tokens
from portal.services.delivery import mail_notifications
from portal.services.delivery.outbox import Mail, schedule_mails
from portal.services.people import accounts

TEMPLATE = "finish_registration"
_REPLACED = tuple(
    column.name
    for column in PendingRegistration.__table__.columns
    if column.name not in {"id", "email"}
)


class Mode(StrEnum):
    """Values of the setting REGISTRATION."""

    CONFIRMED = "confirmed"
    OPEN = "open"
    INVITED = "invited"


class Applicant(accounts.PersonFields):
    """Who wants an account, as a form says it: cleaned text, a normalised address."""

    email: str
    locale: str
    company_name: NotRequired[str]
    # A MarketplaceType.
    marketplace_type: NotRequired[str | None]


class HeldFile(NamedTuple):
    """A stored file of such a ticket."""

    storage_key: str
    filename: str
    content_type: str
    size: int
    sha256: str


class HeldTicket(NamedTuple):
    """A ticket that waits for the account of whoever wrote it: cleaned text."""

    subject: str
    message: str
    files: tuple[HeldFile, ...] = ()

    @classmethod
    def of(cls, row: PendingRegistration) -> "HeldTicket | None":
        if row.message is None:
            return None
        columns = (getattr(PendingAttachment, name) for name in HeldFile._fields)
        query = select(*columns).where(PendingAttachment.registration_id == row.id)
        files = db.session.execute(query.order_by(PendingAttachment.id))
        return cls(row.subject or "", row.message, tuple(HeldFile._make(file) for file in files))


def mode() -> Mode:
    return Mode(setting("REGISTRATION"))


def require_mode(*modes: Mode) -> None:
    """Raise RegistrationClosed unless the setting is one of `modes`."""
    if mode() not in modes:
        raise RegistrationClosed


def is_foreign(email: str) -> bool:
    """Whether it is outside the domains whose addresses may register, known or not."""
    domains = setting("REGISTRATION_DOMAINS")
    return bool(domains) and email.rpartition("@")[2] not in domains


def ask(
    wait: timedelta = timedelta(0),
    held: HeldTicket | None = None,
    **applicant: Unpack[Applicant],
) -> None:
    """Store the form data and schedule a mail after `wait`; the same work for every address.

    A former ticket of the address, and its files, go with the former link.

    Raises RegistrationClosed in another mode, Invalid by field.
    """
    require_mode(Mode.CONFIRMED)
    now = clock.now()
    row = (
        _DEFAULTS
        | normalize(applicant)
        | {"created_at": now, "expires_at": now + tokens.LIFETIME}
        | {"subject": held and held.subject, "message": held and held.message}
    )
    connection = db.session.connection()
    # One statement whether somebody has asked for the address before or not.
    statement = upsert(
        PendingRegistration, connection.dialect.name, key=("email",), replaced=_REPLACED
    )
    registration_id = connection.execute(
        statement.returning(PendingRegistration.id), row
    ).scalar_one()
    _replace_files(registration_id, held.files if held else ())
    asked = {"asked": True, "registration": registration_id, "filed": held is not None}
    schedule_mails(Mail(template=TEMPLATE, recipient=applicant["email"], data=asked, wait=wait))


def _replace_files(registration_id: int, files: Sequence[HeldFile]) -> None:
    """The files of what was asked before are deleted by the sweep."""
    mine = PendingAttachment.registration_id == registration_id
    execute_bulk(delete(PendingAttachment).where(mine))
    db.session.add_all(
        PendingAttachment(registration_id=registration_id, **file._asdict()) for file in files
    )


def prepare_mail(outbox_id: int) -> None:
    """Decide the mail's content, which depends on who has the address. For the worker."""
    row = db.session.get_one(Outbox, outbox_id)
    if row.template != TEMPLATE or not row.data.get("asked"):
        return
    holder = users.holder(row.recipient)
    if holder is None:
        row.data = {"registration": row.data["registration"]}
        return
    _delete(PendingRegistration.email == row.recipient)
    mail_notifications.rewrite_for_holder(row, holder)


def find(text: str) -> PendingRegistration:
    """The pending registration of a link's text.

    Raises BadLink, and RegistrationClosed where accounts are opened by invitation only.
    """
    require_mode(Mode.CONFIRMED, Mode.OPEN)
    row = tokens.find_row(TokenPurpose.REGISTRATION, text, PendingRegistration)
    if not row.is_usable or users.holder(row.email) is not None:
        raise BadLink
    return row


def redeem(text: str) -> dict[str, Any]:
    """End a link, and return who asked, as arguments for the account; its address is proven.

    A username that is taken by now is left out. Raises as `find` does.
    """
    row = find(text)
    if not _delete(
        PendingRegistration.id == row.id, PendingRegistration.created_at == row.created_at
    ):
        raise BadLink  # somebody else was quicker
    said = {name: getattr(row, name) for name in ("email", "locale", *_DEFAULTS)}
    if row.username is not None and users.by_username(row.username) is not None:
        said["username"] = None
    return said


def open_at_once(*, password_hash: str, **applicant: Unpack[Applicant]) -> User:
    """Open the account without verifying the mailbox.

    Raises RegistrationClosed in another mode, EmailTaken, and Invalid by field.
    """
    require_mode(Mode.OPEN)
    said = normalize(applicant)
    if said.get("username") and users.by_username(said["username"]) is not None:
        raise Invalid(username="taken")
    return accounts.register(verified=False, password_hash=password_hash, **said)


def normalize(applicant: Applicant) -> dict[str, Any]:
    """Form data in its stored form. Raises Invalid with a code for each invalid field."""
    said: dict[str, Any] = {name: value for name, value in applicant.items() if value}
    wrong = {}
    for name, check in _CHECKS.items():
        try:
            if name in said:
                said[name] = check(said[name], applicant["locale"])
        except ValueError as problem:
            wrong[name] = str(problem)
    if is_foreign(applicant["email"]):
        wrong["email"] = "foreign_domain"
    if wrong:
        raise Invalid(**wrong)
    return said


def personal_words(row: PendingRegistration) -> tuple[str, ...]:
    """Texts that the applicant's password must not be made of."""
    texts = (row.email, row.first_name, row.last_name, row.company_name, row.username)
    return tuple(filter(None, texts))


def delete_expired(limit: int) -> None:
    """Delete up to `limit` expired rows."""
    old = db.select(PendingRegistration.id).where(PendingRegistration.expires_at <= clock.now())
    _delete(PendingRegistration.id.in_(old.limit(limit)))


_CHECKS: dict[str, Callable[[str, str], str]] = {
    "username": lambda text, _locale: identifiers.normal_username(text),
    "phone": identifiers.normal_phone,
    "inn": lambda text, _locale: identifiers.normal_inn(text),
}
# Optional fields.
_DEFAULTS = {
    name: default_of(PendingRegistration.__table__.columns[name])
    for name in sorted(Applicant.__optional_keys__)
}


def _delete(*which: Any) -> bool:
    """Delete rows; whether there was one."""
    gone = execute_bulk(delete(PendingRegistration).where(*which))
    return gone > 0
