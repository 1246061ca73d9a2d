"""Mailboxes as administrators set them up: added, changed, switched, deleted. All is logged."""

import ipaddress
import re
from typing import NamedTuple

from sqlalchemy.exc import IntegrityError

from portal import clock
from portal.errors import Invalid
from portal.extensions import db, setting
from portal.models.inbound import Mailbox, MailboxWay
from portal.models.people import AccountEventKind, Actor, User
from portal.queries.inbound import mailboxes as queries
from portal.queries.people import users
from portal.security import encryption, permissions
from portal.security.delivery import oauth
from portal.security.people.step_up import sensitive
from portal.security.reply_addresses import without_token
from portal.services.people import account_log

# More than any desk has: each has a connection of its own.
MOST = 50
MAX_NAME = 100
MAX_SIGNATURE = 2_000
MAX_HOST = MAX_USERNAME = MAX_FOLDER = 254
MAX_PASSWORD = 1_000
MAX_PORT = 65_535
MAX_TENANT = 100
SECURITIES = ("tls", "starttls", "none")
PASSWORD = "password"  # noqa: S105 - a way to sign in
AUTHENTICATIONS = (PASSWORD, *oauth.PROVIDERS)
# A domain, or the number of a directory.
_TENANT = re.compile(r"[A-Za-z0-9.-]*", re.ASCII)
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(\.{_LABEL})*", re.ASCII)


class MailboxValues(NamedTuple):
    """What an administrator says of a mailbox, but for its password. Columns by their names.

    The address is normalised. Without a `port` it is the usual one.
    """

    address: str
    name: str = ""
    department: str | None = None
    language: str | None = None
    signature: str = ""
    takes_plus: bool = False
    way: MailboxWay = MailboxWay.DELIVERED
    host: str = ""
    port: int | None = None
    security: str = "tls"
    username: str = ""
    folder: str = "INBOX"
    authentication: str = PASSWORD
    oauth_tenant: str = ""
    oauth_client_id: str = ""


class MailboxSecrets(NamedTuple):
    """What is typed and never shown again; empty, the stored one is kept."""

    password: str = ""
    client_secret: str = ""


_NO_SECRETS = MailboxSecrets()
_OF_FOLDER = {"way", "host", "username", "folder"}
_OF_SERVER = ("host", "port", "security", "username", "folder")
_OF_SIGN_IN = ("authentication", "oauth_tenant", "oauth_client_id")


@sensitive
def create(
    *, actor: Actor, values: MailboxValues, secrets: MailboxSecrets = _NO_SECRETS
) -> Mailbox:
    """Add one. Raises Invalid by field, NotConfigured without a key for its secrets."""
    permissions.require(permissions.can_administer(actor))
    if len(queries.listed()) >= MOST:
        raise Invalid(address="too_many_mailboxes")
    values = _checked(values)
    mailbox = Mailbox(created_at=clock.now(), **values._asdict())
    _set_secrets(mailbox, secrets)
    db.session.add(mailbox)
    _flush()
    record(actor, mailbox, "added")
    return mailbox


@sensitive
def change(
    *,
    actor: Actor,
    mailbox: Mailbox,
    values: MailboxValues,
    secrets: MailboxSecrets = _NO_SECRETS,
) -> bool:
    """Change it; returns whether it changed.

    `mailbox` is locked by the caller, here and below. Raises as `create` does.
    """
    permissions.require(permissions.can_administer(actor))
    values = _checked(values, mailbox)
    changed = {name for name, value in values._asdict().items() if getattr(mailbox, name) != value}
    keeps_password = mailbox.secret and values.authentication == PASSWORD and not secrets.password
    if changed & {"host", "port", "security"} and keeps_password:
        # Or whoever may change the server could have it sent to another.
        raise Invalid(password="password_again")  # noqa: S106 - a code
    for name in changed:
        setattr(mailbox, name, getattr(values, name))
    if changed & _OF_FOLDER:
        # Numbers of the former folder say nothing of this one; mail that comes twice is one.
        mailbox.uid_validity = mailbox.last_uid = None
    if changed & {"way", *_OF_SERVER, *_OF_SIGN_IN}:
        mailbox.failing_since = mailbox.failure_reason = mailbox.failure = None
    if changed & {"host", "port", "security", *_OF_SIGN_IN}:
        # For the same reason as above: another consent is asked for.
        _forget_tokens(mailbox)
    _set_secrets(mailbox, secrets)
    if not changed and not any(secrets):
        return False
    _flush()
    record(actor, mailbox, "changed")
    return True


def switch(*, actor: Actor, mailbox: Mailbox, active: bool) -> bool:
    """Switch it on or off; returns whether it was the other way."""
    permissions.require(permissions.can_administer(actor))
    if mailbox.is_active == active:
        return False
    mailbox.is_active = active
    record(actor, mailbox, "switched_on" if active else "switched_off")
    return True


@sensitive
def delete(*, actor: Actor, mailbox: Mailbox) -> bool:
    """Delete one that has had no mail; False for one that has, which can be switched off."""
    permissions.require(permissions.can_administer(actor))
    if queries.has_mail(mailbox.id):
        return False
    record(actor, mailbox, "deleted")
    db.session.delete(mailbox)
    db.session.flush()
    return True


def _checked(values: MailboxValues, mailbox: Mailbox | None = None) -> MailboxValues:
    """The values as they are stored. Raises Invalid."""
    if values.way is MailboxWay.DELIVERED:
        usual = MailboxValues._field_defaults
        values = values._replace(**{name: usual[name] for name in (*_OF_SERVER, *_OF_SIGN_IN)})
    else:
        values = values._replace(host=values.host.lower().rstrip("."))
    wrong = {**_wrong_in_general(values, mailbox), **_wrong_with_server(values)}
    if wrong:
        raise Invalid(**wrong)
    return values


def _wrong_in_general(values: MailboxValues, mailbox: Mailbox | None) -> dict[str, object]:
    """Codes by field."""
    wrong: dict[str, object] = {}
    former = mailbox.department if mailbox else None
    if values.department not in {None, former, *setting("DEPARTMENTS")}:
        wrong["department"] = "unknown"
    if values.language not in {None, *setting("LANGUAGES")}:
        wrong["language"] = "unknown"
    is_new = mailbox is None or values.address != mailbox.address
    if is_new and (code := _problem_with_address(values.address)):
        wrong["address"] = code
    return wrong


def _problem_with_address(address: str) -> str:
    if without_token(address) != address:
        return "plus_address"
    if address in {one.address for one in queries.listed()}:
        return "mailbox_taken"
    # What its owner writes would count as the desk's own.
    return "address_of_account" if users.by_email(address) else ""


def _wrong_with_server(values: MailboxValues) -> dict[str, object]:
    if values.way is MailboxWay.DELIVERED:
        return {}
    wrong: dict[str, object] = {}
    if values.security not in SECURITIES:
        wrong["security"] = "unknown"
    if not is_host(values.host):
        wrong["host"] = "host" if values.host else "required"
    if values.port is not None and not 0 < values.port <= MAX_PORT:
        wrong["port"] = "port"
    if not values.username:
        wrong["username"] = "required"
    if not values.folder:
        wrong["folder"] = "required"
    if values.authentication not in AUTHENTICATIONS:
        wrong["authentication"] = "unknown"
    if values.authentication != PASSWORD and not values.oauth_client_id:
        wrong["oauth_client_id"] = "required"
    if not _TENANT.fullmatch(values.oauth_tenant):
        wrong["oauth_tenant"] = "tenant"
    return wrong


def is_host(text: str) -> bool:
    """Whether it is an address of the Internet, or a name in ASCII and lower case."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return len(text) < MAX_HOST and bool(_HOST.fullmatch(text))
    return True


def _set_secrets(mailbox: Mailbox, secrets: MailboxSecrets) -> None:
    """Keep those that its way to sign in needs, and no others. Raises Invalid."""
    is_fetched = mailbox.way == MailboxWay.IMAP
    by_password = mailbox.authentication == PASSWORD
    if not (is_fetched and by_password):
        mailbox.secret = None
    elif secrets.password:
        mailbox.secret = encryption.encrypt(secrets.password)
    if not is_fetched or by_password:
        mailbox.oauth_client_secret = None
        _forget_tokens(mailbox)
    elif secrets.client_secret:
        mailbox.oauth_client_secret = encryption.encrypt(secrets.client_secret)
    elif mailbox.oauth_client_secret is None:
        raise Invalid(client_secret="required")  # noqa: S106 - a code


def _forget_tokens(mailbox: Mailbox) -> None:
    mailbox.refresh_token = mailbox.access_token = mailbox.access_token_expires_at = None


def _flush() -> None:
    try:
        db.session.flush()
    except IntegrityError:  # somebody has added it meanwhile
        raise Invalid(address="mailbox_taken") from None


def record(actor: Actor, mailbox: Mailbox, what: str) -> None:
    """Write into the person's log what they did with the mailbox, by a word."""
    account_log.record(
        user=db.session.get_one(User, actor.id),
        kind=AccountEventKind.MAILBOX_CHANGED,
        actor=actor,
        name=mailbox.address,
        change=what,
    )
