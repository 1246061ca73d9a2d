"""Blocking senders by address or domain: their mail waits as suspected, and is never lost."""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal import clock
from portal.errors import Invalid
from portal.extensions import db
from portal.models.inbound import BlockedSender
from portal.models.people import AccountEventKind, Actor, Role, User
from portal.queries.inbound import blocked_senders as queries
from portal.queries.inbound import mailboxes
from portal.security import permissions, public_mail
from portal.security.addresses import normal_address
from portal.services.people import account_log


def block(*, actor: Actor, pattern: str, reason: str = "") -> BlockedSender:
    """Block an address, or a domain with all below it. Raises Invalid."""
    permissions.require(permissions.can_administer(actor))
    pattern = _normal(pattern)
    if code := _problem(pattern):
        raise Invalid(pattern=code)
    row = BlockedSender(
        pattern=pattern, reason=reason, added_by_id=actor.id, created_at=clock.now()
    )
    db.session.add(row)
    try:
        db.session.flush()
    except IntegrityError:
        raise Invalid(pattern="blocked_already") from None
    _record(actor, AccountEventKind.SENDER_BLOCKED, pattern)
    return row


def unblock(*, actor: Actor, blocked: BlockedSender) -> None:
    """Let its mail in again; what waits goes on waiting until it is accepted."""
    permissions.require(permissions.can_administer(actor))
    db.session.delete(blocked)
    _record(actor, AccountEventKind.SENDER_UNBLOCKED, blocked.pattern)


def _normal(typed: str) -> str:
    """The form of patterns of `someone@example.com`, `@example.com` or `example.com`."""
    local, _, domain = typed.strip().rpartition("@")
    try:
        address = normal_address(f"{local or 'x'}@{domain}")
    except ValueError:
        raise Invalid(pattern="sender_pattern") from None
    return address if local else address[1:]


def _problem(pattern: str) -> str:
    """The code of why it must not be blocked; nothing when it may."""
    is_domain = pattern.startswith("@")
    if is_domain and "." not in pattern:
        return "sender_pattern"
    if is_domain and public_mail.is_public(pattern[1:]):
        return "public_mail_domain"
    if any(_covers(pattern, own) for own in mailboxes.own_addresses()):
        return "own_address"
    return "of_colleagues" if _has_staff(pattern) else ""


def _covers(pattern: str, address: str) -> bool:
    return pattern == address or pattern in queries.domains_of(address)


def _has_staff(pattern: str) -> bool:
    """Whether a colleague's mail would wait. A desk has some hundreds of them at most."""
    staff = select(User.email).where(User.role != Role.CUSTOMER, User.is_active)
    return any(_covers(pattern, email) for email in db.session.scalars(staff))


def _record(actor: Actor, kind: AccountEventKind, pattern: str) -> None:
    user = db.session.get_one(User, actor.id)
    account_log.record(user=user, kind=kind, actor=actor, email=pattern)
