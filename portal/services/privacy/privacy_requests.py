"""Requests of users for an export of their data, and for deletion of their account.

One open request of each kind; asking again returns it. While a deletion waits, the account works as
before, and the request can be undone.
"""

from datetime import timedelta

from portal import clock
from portal.errors import Forbidden, LastAdmin, or_not_found
from portal.extensions import db
from portal.models.delivery import NoticeKind
from portal.models.people import AccountEventKind, Actor, User
from portal.models.privacy import PrivacyKind, PrivacyRequest, PrivacyState
from portal.models.privacy.privacy_request import UNDO_FOR
from portal.queries.organizations import organizations
from portal.queries.people import users
from portal.queries.privacy import privacy_requests
from portal.queueing import Job, enqueue_after_commit
from portal.security import permissions
from portal.security.people.step_up import sensitive
from portal.services.delivery import mail_notifications
from portal.services.organizations.organizations import require_owner_stays
from portal.services.people import account_log


@sensitive
def ask_export(*, actor: Actor) -> PrivacyRequest:
    """The actor's open export, or a new one, which a worker writes."""
    user = _locked(actor)
    request = privacy_requests.open_export(user.id)
    if request is None:
        request = _added(user, PrivacyKind.EXPORT, due_in=timedelta())
        account_log.record(user=user, kind=AccountEventKind.EXPORT_ASKED, actor=actor)
        enqueue_after_commit(db.session(), Job.EXPORT_PERSON, request.id)
    return request


@sensitive
def record_fetch(*, actor: Actor) -> None:
    """Record the download of an export."""
    user = db.session.get_one(User, actor.id)
    account_log.record(user=user, kind=AccountEventKind.EXPORT_FETCHED, actor=actor)


@sensitive
def ask_deletion(*, actor: Actor) -> PrivacyRequest:
    """Request the deletion after UNDO_FOR; returns the waiting request if there is one.

    Raises LastOwner when other members would be left without an owner, LastAdmin when no admin
    would be left. Users who wait for their deletion do not count.
    """
    _organization, now = organizations.lock_own(actor)
    return _asked_deletion(now, actor, NoticeKind.DELETION_ASKED)


@sensitive
def ask_deletion_of(*, actor: Actor, user: User) -> PrivacyRequest:
    """The same for somebody else, by an admin; the person is told, and can undo it.

    Raises Forbidden for the actor's own account.
    """
    permissions.require(permissions.can_manage_person(actor, user) and actor.id != user.id)
    permissions.require(not user.is_erased)
    organizations.lock(user.organization_id)
    return _asked_deletion(user.actor, actor, NoticeKind.DELETION_ASKED_BY_DESK)


def _asked_deletion(owner: Actor, by: Actor, notice: NoticeKind) -> PrivacyRequest:
    # Lock the admins' rows first, in one order, so that concurrent requests do not deadlock.
    is_last_admin = owner.is_admin and not users.another_admin_exists(owner.id)
    user = or_not_found(users.lock(owner.id))
    request = privacy_requests.waiting_deletion(user.id)
    if request is not None:
        return request
    if organizations.successor(user.organization_id, user.id) is not None:
        require_owner_stays(user)
    if is_last_admin:
        raise LastAdmin
    request = _added(user, PrivacyKind.DELETION, due_in=UNDO_FOR)
    account_log.record(user=user, kind=AccountEventKind.DELETION_ASKED, actor=by)
    mail_notifications.account_notice(user, notice, by=by)
    return request


def undo_deletion(*, actor: Actor) -> bool:
    """Cancel the waiting deletion; False without one."""
    return _undone(_locked(actor), actor)


@sensitive
def undo_deletion_of(*, actor: Actor, user: User) -> bool:
    """The same for somebody else's, by an admin."""
    permissions.require(permissions.can_manage_person(actor, user))
    return _undone(user, actor)


def _undone(user: User, actor: Actor) -> bool:
    request = privacy_requests.waiting_deletion(user.id)
    if request is None:
        return False
    request.state = PrivacyState.UNDONE
    request.finished_at = clock.now()
    account_log.record(user=user, kind=AccountEventKind.DELETION_UNDONE, actor=actor)
    mail_notifications.account_notice(user, NoticeKind.DELETION_UNDONE, by=actor)
    return True


def _added(user: User, kind: PrivacyKind, *, due_in: timedelta) -> PrivacyRequest:
    moment = clock.now()
    request = PrivacyRequest(
        user_id=user.id,
        kind=kind,
        state=PrivacyState.WAITING,
        progress=0,
        attempts=0,
        created_at=moment,
        due_at=moment + due_in,
    )
    db.session.add(request)
    db.session.flush()  # the caller needs its id
    return request


def _locked(actor: Actor) -> User:
    """The actor's row, locked. Raises Forbidden for a disabled account."""
    user = or_not_found(users.lock(actor.id))
    if not user.is_active:
        raise Forbidden
    return user
