"""Erases an account: what others need stays under a pseudonym.

Tickets, comments and their history stay with the organization, under "Deleted user" and an id; so
do kinds and times of account events, as evidence. All in one transaction. Columns with personal
data are annotated (`models.annotations`).
"""

from datetime import timedelta

from sqlalchemy import delete, select, update

from portal import clock
from portal.extensions import db
from portal.models.annotations import Erasure, personal_columns
from portal.models.base import default_of
from portal.models.inbound import BlockedSender, InboundMessage
from portal.models.organizations import (
    Credential,
    CustomerNote,
    Invitation,
    Organization,
    OrganizationDomain,
)
from portal.models.people import (
    AccountEvent,
    AccountEventKind,
    OrganizationRole,
    PendingRegistration,
    Role,
    User,
    UserToken,
)
from portal.models.people.actor import ERASED_DOMAIN
from portal.models.privacy import PrivacyRequest, PrivacyState
from portal.models.products import Product, ProductSchedule, ProductSync
from portal.models.tickets import DONE, EventKind, Ticket
from portal.models.webhooks import Webhook
from portal.queries.organizations import organizations
from portal.queries.privacy.find_personal_data import FoundRows, known_addresses
from portal.security.people.access import EndReason
from portal.services.organizations.organizations import move_to_personal_organization
from portal.services.people import account_log
from portal.services.people.access import end_access
from portal.services.people.roles import change_role
from portal.services.privacy import data_exports, scrub
from portal.services.tickets import changes, saved_replies, saved_views, unlearned

_PAUSE = timedelta(hours=1)
# What goes with an organization's last member.
_OF_MEMBERS = (
    Credential,
    CustomerNote,
    OrganizationDomain,
    Product,
    ProductSchedule,
    ProductSync,
    Webhook,
)


def erase_person(request_id: int, found_rows: FoundRows) -> list[str] | None:
    """Erase the account of a due request; return storage keys of files to delete.

    None when there is nothing to do: the deletion was undone, done already, or is not due.
    `found_rows` were found by `queries.privacy.find_personal_data.find_rows` before the write lock
    was taken.
    """
    user = _locked(request_id)
    if user is None:
        return None
    request = db.session.get_one(PrivacyRequest, request_id, populate_existing=True)
    if request.state != PrivacyState.WAITING or request.due_at > clock.now():
        return None
    known = known_addresses(user)
    pseudonym = f"{user.number.lower()}@{ERASED_DOMAIN}"
    farewell = scrub.Farewell(user.email, user.locale)
    leave_organization(user)
    _release_tickets(user)
    unlearned.note_erased(user)
    saved_views.release(user)
    saved_replies.release(user)
    keys = data_exports.withdraw(user)
    delete_proofs(user, known)
    _end_invitations(known, pseudonym)
    # Those of an account go with it; these were never believed to be from anybody.
    db.session.execute(delete(InboundMessage).where(InboundMessage.sender.in_(known)))
    db.session.execute(delete(BlockedSender).where(BlockedSender.pattern.in_(known)))
    scrub.scrub_rows(user, pseudonym, found_rows)
    _blank(user, pseudonym)
    _blank_merged(user)
    request.state, request.error = PrivacyState.DONE, None
    request.finished_at = clock.now()
    account_log.record(user=user, kind=AccountEventKind.PSEUDONYMISED)
    scrub.schedule_farewell(farewell)
    return keys


def postpone(request_id: int, reason: str) -> None:
    """After a failure, try again in an hour."""
    request = db.session.get_one(PrivacyRequest, request_id)
    if request.state == PrivacyState.WAITING:
        request.attempts += 1
        request.error = reason[:300]
        request.due_at = clock.now() + _PAUSE


def mark_files_removed(request_id: int) -> None:
    """Record that files outside of the database are removed, too."""
    db.session.get_one(PrivacyRequest, request_id).progress = 100


def _locked(request_id: int) -> User | None:
    """Whom the request is about, with organization and tickets: locked in everybody's order."""
    request = db.session.get(PrivacyRequest, request_id)
    if request is None:
        return None
    organization_id = db.session.get_one(User, request.user_id).organization_id
    organizations.lock(organization_id)
    scrub.lock_tickets(request.user_id)
    user = db.session.get_one(User, request.user_id, populate_existing=True, with_for_update=True)
    # The user has changed organizations meanwhile: the next sweep tries again.
    return user if user.organization_id == organization_id else None


def leave_organization(user: User) -> None:
    """Move `user` out, who is locked; an organization without members loses what is its own."""
    organization = organizations.own(user.actor)
    if organization.personal:
        organization.name = user.number
    if not organizations.has_others(organization.id, user.id):
        for model in _OF_MEMBERS:
            db.session.execute(delete(model).where(model.organization_id == organization.id))
        return
    _name_successor(organization, user)
    move_to_personal_organization(user, name=user.number)


def _name_successor(organization: Organization, user: User) -> None:
    """Make the member with the highest role the owner if the user was the last owner."""
    successor = organizations.successor(organization.id, user.id)
    owned = user.organization_role == OrganizationRole.OWNER
    if successor is None or not owned or successor.organization_role == OrganizationRole.OWNER:
        return
    change_role(successor, OrganizationRole.OWNER)


def _release_tickets(user: User) -> None:
    """Unassign the user's unsolved tickets."""
    if user.role == Role.CUSTOMER:
        return
    unsolved = select(Ticket).where(Ticket.assignee_id == user.id, Ticket.status.not_in(DONE))
    for ticket in db.session.scalars(unsolved.order_by(Ticket.id).with_for_update()):
        changes.set_value(
            actor=user.actor, ticket=ticket, kind=EventKind.ASSIGNEE, value=None, name=None
        )


def delete_proofs(user: User, known: set[str]) -> None:
    """Whatever opens the account, or was on its way to, or speaks on its word."""
    user.is_active = False
    end_access(user, EndReason.ERASED)
    for table, column, what, _why in personal_columns():
        if what is Erasure.ROW_GOES:
            db.session.execute(delete(table).where(column == user.id))
    asked_for = UserToken.data["email"].as_string().in_(known)
    db.session.execute(delete(UserToken).where(asked_for))
    db.session.execute(delete(PendingRegistration).where(PendingRegistration.email.in_(known)))


def _end_invitations(known: set[str], pseudonym: str) -> None:
    """Revoke invitations of these addresses, and replace the addresses."""
    to_them = Invitation.email.in_(known)
    unused = (Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))
    db.session.execute(update(Invitation).where(to_them, *unused).values(revoked_at=clock.now()))
    db.session.execute(update(Invitation).where(to_them).values(email=pseudonym))


def _blank(user: User, pseudonym: str) -> None:
    """Blank annotated columns of the account, and addresses in its events."""
    user.email = pseudonym
    user.is_verified = False
    for table, column, what, _why in personal_columns():
        if what is Erasure.BLANKED and table is User.__table__:
            setattr(user, column.name, default_of(column))
    _blank_log(user)


def _blank_merged(user: User) -> None:
    """The same for accounts that were merged into this one: they have kept the name."""
    for other in db.session.scalars(select(User).where(User.merged_into_id == user.id)):
        other.first_name = other.last_name = ""
        _blank_log(other)


def _blank_log(user: User) -> None:
    db.session.execute(
        update(AccountEvent)
        .where(AccountEvent.user_id == user.id)
        .values(address="", user_agent="", data={})
    )
