"""Opening an account, and signing in and out of it."""

from portal import clock
from portal.extensions import db
from portal.models import AccountEventKind, Organization, OrganizationRole, Role, TokenPurpose, User
from portal.queries import users
from portal.security import passwords, tokens
from portal.services import account_log, notifications, verification


def register(
    *,
    email: str,
    password_hash: str,
    first_name: str = "",
    last_name: str = "",
    company_name: str = "",
    locale: str = "en",
    timezone: str = "UTC",
    role: Role = Role.CUSTOMER,
    verified: bool = False,
) -> User | None:
    """A new user with an organization of their own; None when the address is taken.

    The password arrives hashed, because hashing is slow and this runs under the write lock. Who
    owns a taken address hears of the attempt by mail; whoever tried it is told nothing. An address
    that is not `verified` by whoever opens the account gets a link to confirm it.
    """
    existing = users.by_email(email)
    if existing is not None:
        notifications.already_registered(existing)
        return None
    organization = Organization(
        name=company_name or f"{first_name} {last_name}".strip() or email,
        personal=not company_name,
    )
    db.session.add(organization)
    db.session.flush()  # the user needs the organization's id
    user = User(
        email=email,
        password_hash=password_hash,
        first_name=first_name,
        last_name=last_name,
        role=role,
        organization_id=organization.id,
        organization_role=OrganizationRole.OWNER,
        is_active=True,
        is_verified=verified,
        epoch=0,
        locale=locale,
        timezone=timezone,
    )
    db.session.add(user)
    db.session.flush()  # a duplicate from a parallel request shows here
    account_log.record(user=user, kind=AccountEventKind.REGISTERED)
    if not verified:
        verification.ask(user)
    return user


def check_password(user: User | None, password: str, *, rounds: int) -> bool:
    """Whether `password` opens `user`'s account. The same work for nobody and the disabled."""
    matches = passwords.verify(password, user.password_hash if user else None, rounds=rounds)
    return matches and user is not None and user.is_active


def renewed_hash(user: User, password: str, *, rounds: int) -> str | None:
    """A hash of today's kind when `user`'s is older or cheaper; None when it is good.

    Asked for at sign-in, the one moment at which the password is known; outside the write lock.
    """
    if user.password_hash and not passwords.needs_rehash(user.password_hash, rounds=rounds):
        return None
    return passwords.hash_password(password, rounds=rounds)


def signed_in(*, user: User, renewed_hash: str | None) -> None:
    """Note the sign-in, and store the renewed hash when there is one.

    Whoever can sign in needs no link to get in: one that was mailed for that ends here.
    """
    user.last_sign_in_at = clock.now()
    tokens.end_all(user, TokenPurpose.RESET)
    account_log.record(user=user, kind=AccountEventKind.SIGNED_IN, actor=user.actor)
    if renewed_hash is not None:
        user.password_hash = renewed_hash


def sign_in_failed(user: User, *, step: str = "sign_in") -> None:
    """Note for `user`'s eyes that somebody tried a wrong password, or the right one in vain."""
    account_log.record(user=user, kind=AccountEventKind.SIGN_IN_FAILED, step=step)


def signed_out(user: User) -> None:
    """Note that `user` signed out."""
    account_log.record(user=user, kind=AccountEventKind.SIGNED_OUT, actor=user.actor)
