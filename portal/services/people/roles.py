"""Changing an account's platform role or its role in the organization."""

from portal.models.delivery import NoticeKind
from portal.models.people import AccountEventKind, Actor, OrganizationRole, Role, User
from portal.security.people.access import EndReason
from portal.services.delivery import mail_notifications
from portal.services.people import account_log, rights
from portal.services.people.access import end_access


def change_role(user: User, role: Role | OrganizationRole, *, actor: Actor | None = None) -> None:
    """Set the role, end the access that depended on the former one, and notify `user`.

    `actor` changes it; None for the system. The caller checks rights.
    """
    of_desk = isinstance(role, Role)
    column = "role" if of_desk else "organization_role"
    kind = AccountEventKind.ROLE_CHANGED if of_desk else AccountEventKind.ORGANIZATION_ROLE_CHANGED
    ends = {"from": str(getattr(user, column)), "to": str(role)}
    account_log.record(user=user, kind=kind, actor=actor, **ends)
    setattr(user, column, role)
    if of_desk:
        rights.take_all(user, actor=actor)
    # All three enumerations use the same value.
    end_access(user, EndReason(kind.value), actor=actor)
    mail_notifications.account_notice(user, NoticeKind(kind.value), by=actor)
