"""Accounts that open inside of an organization: invited, added by the desk, or of its domain."""

from typing import Unpack

from portal.errors import BadLink, EmailTaken, PlanFull
from portal.models.organizations import Organization
from portal.models.people import AccountEventKind, Actor, OrganizationRole, Role, User
from portal.queries.organizations import domains, organizations
from portal.services.organizations import plans
from portal.services.people import account_log, accounts, registration
from portal.services.people.accounts import AccountFields


def add_member(
    *,
    organization: Organization,
    email: str,
    role: OrganizationRole,
    verified: bool,
    by: Actor | None = None,
    **person: Unpack[AccountFields],
) -> User:
    """A new account in a locked organization; `by`: who opens it for them.

    Raises PlanFull, and EmailTaken or Invalid as `accounts.add_user`.
    """
    plans.require_room_for_member(organization.id)
    user = accounts.add_user(
        email=email,
        role=Role.CUSTOMER,
        organization_id=organization.id,
        organization_role=role,
        is_verified=verified,
        **person,
    )
    account_log.record(user=user, kind=AccountEventKind.REGISTERED, actor=by)
    return user


def open_account(
    *,
    email: str,
    company_name: str = "",
    marketplace_type: str | None = None,
    ticket_bytes: int | None = None,
    **person: Unpack[AccountFields],
) -> User:
    """A new account for a proven address, in the organization that has its domain.

    Where none has, or it has no room, the account has an organization of its own: nobody who asks
    for help is turned away. `ticket_bytes`: of the files of a ticket that is filed with it, which
    viewers may not. Raises EmailTaken.
    """
    joined = _organization_with_room(email, ticket_bytes)
    if joined is None:
        return accounts.register(
            email=email,
            company_name=company_name,
            marketplace_type=marketplace_type,
            verified=True,
            **person,
        )
    organization, role = joined
    user = add_member(organization=organization, email=email, role=role, verified=True, **person)
    record_joining(user, organization)
    return user


def open_contact(*, email: str, name: str, locale: str, proven: bool) -> User:
    """A new account without a password for somebody who has written a mail. Raises EmailTaken.

    `proven`: the servers of its domain have signed for the address, which joins as with a link.
    """
    joined = _organization_with_room(email, 0) if proven else None
    if joined is None:
        return accounts.add_contact(email=email, name=name, locale=locale)
    organization, role = joined
    user = add_member(
        organization=organization,
        email=email,
        role=role,
        verified=False,
        locale=locale,
        **accounts.parts_of_name(name),
    )
    record_joining(user, organization)
    return user


def finish_registration(*, text: str, password_hash: str, ticket_bytes: int | None = None) -> User:
    """Open the account of a mailed link, which proves the address. Raises as `registration.find`.

    A username that is taken by now is left out.
    """
    try:
        return open_account(
            ticket_bytes=ticket_bytes, password_hash=password_hash, **registration.redeem(text)
        )
    except EmailTaken:
        raise BadLink from None


def record_joining(user: User, organization: Organization, **more: object) -> None:
    account_log.record(
        user=user,
        kind=AccountEventKind.JOINED,
        actor=user.actor,
        organization_id=organization.id,
        name=organization.name,
        role=str(user.organization_role),
        **more,
    )


def _organization_with_room(
    email: str, ticket_bytes: int | None
) -> tuple[Organization, OrganizationRole] | None:
    """The locked organization of the address's domain, with the role that it gives."""
    found = domains.of_address(email)
    if found is None:
        return None
    organization = organizations.lock(found.organization_id)
    # It may have been removed before the lock.
    found = domains.of_address(email)
    if found is None or found.organization_id != organization.id:
        return None
    role = OrganizationRole(found.role)
    if ticket_bytes is not None and role is OrganizationRole.VIEWER:
        return None
    try:
        plans.require_room_for_member(organization.id)
        if ticket_bytes is not None:
            plans.require_room_for_ticket(organization.id)
            plans.require_room_for_files(organization.id, ticket_bytes)
    except PlanFull:
        return None
    return organization, role
