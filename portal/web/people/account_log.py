"""The account log in words: one sentence for each kind of event, and what it was about."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from portal.i18n import gettext
from portal.i18n import lazy_gettext as _
from portal.models.people import AccountEventKind as Kind
from portal.models.people.person import name_of
from portal.models.people.user import format_id
from portal.security.people.devices import device_name
from portal.web.labels import ORGANIZATION_ROLE_LABELS, ROLE_LABELS

SENTENCES = {
    Kind.REGISTERED: _("Account opened"),
    Kind.SIGNED_IN: _("Signed in"),
    Kind.SIGN_IN_FAILED: _("Sign-in failed"),
    Kind.SIGNED_OUT: _("Signed out"),
    Kind.VERIFIED: _("E-mail address confirmed"),
    Kind.EMAIL_CHANGE_ASKED: _("Change of e-mail address asked for"),
    Kind.EMAIL_CHANGE_UNDONE: _("Change of e-mail address called off"),
    Kind.EMAIL_CHANGED: _("E-mail address changed"),
    Kind.EMAIL_RESTORED: _("Former e-mail address restored"),
    Kind.RESET_ASKED: _("New password asked for"),
    Kind.PASSWORD_RESET: _("Password set by a mailed link"),
    Kind.PASSWORD_CHANGED: _("Password changed"),
    Kind.SESSION_ENDED: _("A device was signed out"),
    Kind.SESSIONS_ENDED: _("All other devices were signed out"),
    Kind.TOTP_ADDED: _("Authenticator app added"),
    Kind.TOTP_REMOVED: _("Authenticator app removed"),
    Kind.RECOVERY_CODES_MADE: _("Recovery codes made"),
    Kind.RECOVERY_CODE_USED: _("Recovery code used"),
    Kind.SECOND_FACTOR_TAKEN: _("Second factor taken away"),
    Kind.PASSKEY_ADDED: _("Passkey added"),
    Kind.PASSKEY_REMOVED: _("Passkey removed"),
    Kind.KEY_MADE: _("API key made"),
    Kind.KEY_REVOKED: _("API key revoked"),
    Kind.TOKEN_REUSED: _("A used token came back, and the program was signed out"),
    Kind.PROFILE_CHANGED: _("Profile changed"),
    Kind.ROLE_CHANGED: _("Role changed"),
    Kind.DISABLED: _("Account disabled"),
    Kind.ENABLED: _("Account enabled"),
    Kind.INVITED: _("Invitation sent"),
    Kind.JOINED: _("Joined an organization"),
    Kind.LEFT: _("Left the organization"),
    Kind.ORGANIZATION_ROLE_CHANGED: _("Role in the organization changed"),
    Kind.CREDENTIAL_CHANGED: _("Credential of the organization changed"),
    Kind.WEBHOOK_CHANGED: _("Webhook changed"),
    Kind.EXPORT_ASKED: _("Export of all data asked for"),
    Kind.EXPORT_FETCHED: _("Export of all data fetched"),
    Kind.DELETION_ASKED: _("Deletion of the account asked for"),
    Kind.DELETION_UNDONE: _("Deletion of the account called off"),
    Kind.PSEUDONYMISED: _("Account made anonymous"),
}
_FIELD_LABELS = {
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "username": _("Username"),
    "phone": _("Telephone"),
    "inn": _("INN"),
    "locale": _("Language"),
    "timezone": _("Time zone"),
    "signature": _("Signature"),
    "muted": _("Mails"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. `by` is who did it when that was somebody else; `person` whom it concerns.

    In the log of all actions it may concern a `ticket`, by its number, instead.
    """

    id: int
    created_at: datetime
    sentence: str
    detail: str
    by: str
    address: str
    device: str
    person: str
    person_number: str
    ticket: str = ""


def entries(rows: list[Row[Any]], *, reader_id: int | None) -> list[Entry]:
    """The lines for rows of `queries.people.account_log.page`.

    `reader_id` is the owner who reads the own log: where somebody else sat who did something to
    the account is not the owner's business. None stands for an admin, who sees that too.
    """
    return [_entry(row, reader_id) for row in rows]


def _entry(row: Row[Any], reader_id: int | None) -> Entry:
    by_another = row.actor_id is not None and row.actor_id != row.user_id
    hidden = by_another and reader_id is not None
    actor = name_of(row, "actor_") if by_another else ""
    return Entry(
        id=row.id,
        created_at=row.created_at,
        sentence=str(SENTENCES[Kind(row.kind)]),
        detail=_DETAILS.get(Kind(row.kind), _named)(row.data),
        by=actor,
        address="" if hidden else row.address,
        device="" if hidden or not row.user_agent else device_name(row.user_agent),
        person=name_of(row) if row.user_id else "",
        person_number=format_id(row.user_id) if row.user_id else "",
    )


def _named(data: Mapping[str, Any]) -> str:
    """What most events are about has a name or an address."""
    return str(data.get("name") or data.get("email") or "")


def _key(data: Mapping[str, Any]) -> str:
    return f"{data.get('name', '')} ({data.get('prefix', '')}…)"


def _session(data: Mapping[str, Any]) -> str:
    return ", ".join(filter(None, (device_name(data.get("device", "")), data.get("from_address"))))


def _fields(data: Mapping[str, Any]) -> str:
    return ", ".join(str(_FIELD_LABELS.get(name, name)) for name in data.get("fields", ()))


def _from_to(labels: Mapping[str, object]) -> Callable[[Mapping[str, Any]], str]:
    def words(data: Mapping[str, Any]) -> str:
        ends = (str(data.get(end) or "") for end in ("from", "to"))
        old, new = (str(labels.get(word, word)) for word in ends)
        return gettext("from %(old)s to %(new)s", old=old, new=new) if old and new else new

    return words


_DETAILS: dict[Kind, Callable[[Mapping[str, Any]], str]] = {
    Kind.KEY_MADE: _key,
    Kind.KEY_REVOKED: _key,
    Kind.SESSION_ENDED: _session,
    Kind.PROFILE_CHANGED: _fields,
    Kind.EMAIL_CHANGED: _from_to({}),
    Kind.EMAIL_RESTORED: _from_to({}),
    Kind.ROLE_CHANGED: _from_to(ROLE_LABELS),
    Kind.ORGANIZATION_ROLE_CHANGED: _from_to(ORGANIZATION_ROLE_LABELS),
}
