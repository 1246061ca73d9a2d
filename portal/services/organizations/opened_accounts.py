"""Accounts that an admin opens for somebody else, who gets a mail to choose a password."""

from typing import Unpack

from portal.errors import EmailTaken, Invalid
from portal.extensions import db
from portal.models.organizations import Organization
from portal.models.people import Actor, OrganizationRole, Role, User
from portal.queries.organizations import organizations
from portal.queries.people import users
from portal.security import permissions
from portal.security.people.step_up import sensitive
from portal.services.organizations import new_members
from portal.services.people import accounts, forgotten_password
from portal.services.people.accounts import AccountFields


@sensitive
def open_account(
    *,
    actor: Actor,
    email: str,
    role: Role,
    organization_id: int | None = None,
    **person: Unpack[AccountFields],
) -> User:
    """Open the account, in an organization of its own unless one is given, and mail the link.

    Raises Invalid for an address that has an account (or is held for its former owner), for an
    unknown organization, and for staff in an organization of customers.
    """
    permissions.require(permissions.can_give_role(actor, role))
    if users.holder(email) is not None:
        raise Invalid(email="email_taken")
    if organization_id is not None and role != Role.CUSTOMER:
        raise Invalid(organization="customers_only")
    try:
        if organization_id is None:
            user = accounts.register(email=email, role=role, verified=False, by=actor, **person)
        else:
            user = _add_member(actor, email, organization_id, person)
    except EmailTaken:
        raise Invalid(email="email_taken") from None
    forgotten_password.send_first(user)
    return user


def _add_member(actor: Actor, email: str, organization_id: int, person: AccountFields) -> User:
    organization = _lock(organization_id)
    return new_members.add_member(
        organization=organization,
        email=email,
        role=OrganizationRole.USER,
        verified=False,
        by=actor,
        **person,
    )


def _lock(organization_id: int) -> Organization:
    if db.session.get(Organization, organization_id) is None:
        raise Invalid(organization="no_organization")
    return organizations.lock(organization_id)
