"""Opening accounts, checking passwords, signing in and out."""

from typing import NotRequired, TypedDict, Unpack

from sqlalchemy.exc import IntegrityError

from portal import clock
from portal.errors import EmailTaken, Invalid, OrganizationShut
from portal.extensions import db
from portal.models.organizations import Organization
from portal.models.people import AccountEventKind, Actor, OrganizationRole, Role, User
from portal.queries.people import users
from portal.security import permissions
from portal.security.people import passwords
from portal.security.people.access import EndReason
from portal.services.delivery import webhook_events
from portal.services.people import account_log
from portal.services.people.access import end_access


class PersonFields(TypedDict):
    """What people may say of themselves when they open an account."""

    first_name: NotRequired[str]
    last_name: NotRequired[str]
    username: NotRequired[str | None]
    phone: NotRequired[str | None]
    inn: NotRequired[str | None]


class AccountFields(PersonFields):
    """Fields of a new account.

    The password is hashed already: hashing is slow, and accounts are opened under the write lock.
    Without one the account is taken over by a link to set it, which goes to its address.
    """

    password_hash: NotRequired[str]
    locale: NotRequired[str]
    timezone: NotRequired[str]


def register(
    *,
    email: str,
    company_name: str = "",
    marketplace_type: str | None = None,
    role: Role = Role.CUSTOMER,
    verified: bool,
    by: Actor | None = None,
    **person: Unpack[AccountFields],
) -> User:
    """A new user with a new organization.

    `verified`: whether the address is known to be theirs; `by`: who opens it for them. Raises
    EmailTaken.
    """
    if users.holder(email) is not None:
        raise EmailTaken
    full_name = f"{person.get('first_name', '')} {person.get('last_name', '')}".strip()
    organization = (
        Organization(name=company_name, personal=False)
        if company_name
        else Organization.of_person(full_name or email)
    )
    organization.marketplace_type = marketplace_type
    db.session.add(organization)
    db.session.flush()  # the user needs the organization's id
    user = add_user(
        email=email,
        role=role,
        organization_id=organization.id,
        organization_role=OrganizationRole.OWNER,
        is_verified=verified,
        **person,
    )
    account_log.record(user=user, kind=AccountEventKind.REGISTERED, actor=by)
    return user


def find_or_add_contact(*, actor: Actor, email: str, name: str = "") -> User:
    """The account of the address; else a new one without a password, for whom staff write to.

    Nobody is mailed. Raises Forbidden, and EmailTaken while its former owner may take it back.
    """
    permissions.require(permissions.can_triage(actor))
    # The next best guess of a language: that of whom they talk to.
    known = users.by_email(email)
    return known or add_contact(email=email, name=name, locale=actor.locale, by=actor)


def add_contact(*, email: str, name: str, locale: str, by: Actor | None = None) -> User:
    """A new account without a password, to be taken over by mail. Raises EmailTaken."""
    return register(email=email, verified=False, by=by, locale=locale, **parts_of_name(name))


def parts_of_name(name: str) -> PersonFields:
    """The first word, and the others."""
    first_name, _, last_name = name.partition(" ")
    return {"first_name": first_name, "last_name": last_name.strip()}


def add_user(
    *,
    email: str,
    role: Role,
    organization_id: int,
    organization_role: OrganizationRole,
    is_verified: bool,
    **person: Unpack[AccountFields],
) -> User:
    """Add a user and schedule webhook deliveries.

    Raises EmailTaken or Invalid when a concurrent request took address or username; then the
    transaction cannot be committed.
    """
    user = User(
        email=email,
        role=role,
        organization_id=organization_id,
        organization_role=organization_role,
        is_active=True,
        is_verified=is_verified,
        epoch=0,
        **_DEFAULTS | person,
    )
    db.session.add(user)
    try:
        db.session.flush()
    except IntegrityError as error:
        if "username" in str(error.orig):
            raise Invalid(username="taken") from None
        raise EmailTaken from None
    webhook_events.user_created(user)
    return user


_DEFAULTS = {"first_name": "", "last_name": "", "locale": "en", "timezone": ""}


def mark_verified(user: User) -> None:
    """Mark the address as verified unless it is already."""
    if not user.is_verified:
        user.is_verified = True
        account_log.record(user=user, kind=AccountEventKind.VERIFIED)


def check_password(user: User | None, password: str, *, rounds: int) -> bool:
    """Whether `password` matches. Takes as long for unknown and disabled accounts."""
    matches = passwords.verify(password, user.password_hash if user else None, rounds=rounds)
    return matches and user is not None and user.is_active


def lock_if_unchanged(user_id: int, proven_hash: str | None) -> User | None:
    """The account, locked; None when it was disabled or its password was changed since.

    Passwords are checked before the write transaction; `proven_hash` is the hash at that time.
    """
    user = users.lock(user_id)
    if user is None or not user.is_active or user.password_hash != proven_hash:
        return None
    return user


def rehash_if_outdated(user: User, password: str, *, rounds: int) -> str | None:
    """A new hash if the stored one is outdated, else None.

    Call it at sign-in, when the password is known, and outside the write lock.
    """
    if user.password_hash and not passwords.needs_rehash(user.password_hash, rounds=rounds):
        return None
    return passwords.hash_password(password, rounds=rounds)


def record_sign_in(*, user: User, renewed_hash: str | None) -> None:
    """Record the sign-in, and store the renewed hash if there is one. Raises OrganizationShut."""
    organization = db.session.get_one(Organization, user.organization_id)
    if user.role == Role.CUSTOMER and not organization.is_active:
        raise OrganizationShut
    user.last_sign_in_at = clock.now()
    end_access(user, EndReason.SIGNED_IN, actor=user.actor)
    account_log.record(user=user, kind=AccountEventKind.SIGNED_IN, actor=user.actor)
    if renewed_hash is not None:
        user.password_hash = renewed_hash


def record_failed_sign_in(user: User, *, step: str = "sign_in") -> None:
    """Record a failed sign-in for the account's owner."""
    account_log.record_failed_sign_in(user.id, step=step)


def record_sign_out(user: User) -> None:
    account_log.record(user=user, kind=AccountEventKind.SIGNED_OUT, actor=user.actor)
