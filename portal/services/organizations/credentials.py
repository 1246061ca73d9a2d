"""Credentials of an organization for external services. Written here, never shown.

No function here or behind it returns a secret to a page or to the API.
"""

import json

from sqlalchemy import select

from portal import clock
from portal.errors import Invalid, NotFound
from portal.extensions import db
from portal.models.delivery import NoticeKind
from portal.models.organizations import Credential, Organization
from portal.models.people import AccountEventKind, Actor, OrganizationRole, User
from portal.queries.organizations import organizations
from portal.security import encryption, permissions
from portal.security.people.step_up import sensitive
from portal.services.delivery import mail_notifications
from portal.services.people import account_log

MAX_NAME = 60
MAX_SECRET_BYTES = 16 * 1024
MAX_CREDENTIALS = 50


@sensitive
def store(*, actor: Actor, name: str, secret: str) -> Credential:
    """Store `secret` under `name` (cleaned text), replacing a former one.

    Raises Invalid by field, NotConfigured without an encryption key.
    """
    organization, actor = organizations.lock_own(actor)
    permissions.require(permissions.can_manage_organization(actor))
    if not 0 < len(name) <= MAX_NAME:
        raise Invalid(name="too_long" if name else "required")
    encrypted = encryption.encrypt(_checked(secret))
    credential = _find(organization, name)
    if credential is None:
        if len(organizations.credentials(actor)) >= MAX_CREDENTIALS:
            raise Invalid(name="too_many")
        credential = Credential(organization_id=organization.id, name=name)
        db.session.add(credential)
    credential.secret = encrypted
    credential.updated_at = clock.now()
    credential.updated_by_id = actor.id
    db.session.flush()
    _record_and_notify(actor, name, change="put")
    return credential


@sensitive
def delete(*, actor: Actor, credential_id: int) -> str:
    """Delete a credential; return its name. Raises NotFound for another's as for none."""
    organization, actor = organizations.lock_own(actor)
    permissions.require(permissions.can_manage_organization(actor))
    credential = db.session.get(Credential, credential_id)
    if credential is None or credential.organization_id != organization.id:
        raise NotFound
    db.session.delete(credential)
    _record_and_notify(actor, credential.name, change="deleted")
    return credential.name


def stored_form(secret: str) -> str:
    """The secret as it is stored. Raises ValueError with a code."""
    # A form sends other line ends than the file had from which the text was copied.
    text = secret.replace("\r\n", "\n").strip()
    if (problem := _problem(text)) is not None:
        raise ValueError(problem)
    return text


def _checked(secret: str) -> str:
    try:
        return stored_form(secret)
    except ValueError as problem:
        raise Invalid(secret=str(problem)) from None


def _problem(text: str) -> str | None:
    if not text:
        return "required"
    if len(text.encode("utf-8", "surrogatepass")) > MAX_SECRET_BYTES:
        return "too_long"
    # Keys of service accounts are JSON files, which may be copied incompletely.
    if text.startswith(("{", "[")) and not _is_object(text):
        return "json"
    return None


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _find(organization: Organization, name: str) -> Credential | None:
    query = select(Credential).where(
        Credential.organization_id == organization.id, Credential.name == name
    )
    return db.session.scalar(query)


def _record_and_notify(actor: Actor, name: str, *, change: str) -> None:
    """Record the change, and notify the owners and the actor."""
    user = db.session.get_one(User, actor.id)
    account_log.record(
        user=user,
        kind=AccountEventKind.CREDENTIAL_CHANGED,
        actor=actor,
        organization_id=actor.organization_id,
        name=name,
        change=change,
    )
    owners = organizations.with_roles(actor.organization_id, OrganizationRole.OWNER)
    for reader in {person.id: person for person in (*owners, user)}.values():
        mail_notifications.account_notice(reader, NoticeKind.CREDENTIAL_CHANGED, about=name)
