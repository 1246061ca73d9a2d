"""Ending one's other sessions."""

from sqlalchemy import select

from portal.errors import NotFound, or_not_found
from portal.extensions import db
from portal.models.delivery import NoticeKind
from portal.models.people import AccountEventKind, Actor, User, UserSession
from portal.security.people import sessions
from portal.security.people.access import Access, EndReason
from portal.security.people.devices import device_name
from portal.security.people.step_up import sensitive
from portal.services.delivery import mail_notifications
from portal.services.people import account_log
from portal.services.people.access import end_access


@sensitive
def end(*, actor: Actor, user: User, session_id: int) -> None:
    """End a session of `user`. Raises NotFound for another's."""
    _require_owner(actor, user)
    query = select(UserSession).where(UserSession.id == session_id, UserSession.user_id == user.id)
    row = or_not_found(db.session.scalar(query))
    account_log.record(
        user=user,
        kind=AccountEventKind.SESSION_ENDED,
        actor=actor,
        device=row.user_agent,
        from_address=row.address,
    )
    _notify(user, device_name(row.user_agent))
    sessions.end_row(row)


@sensitive
def end_others(*, actor: Actor, user: User) -> int:
    """End all sessions and programs but the current session; return how many."""
    _require_owner(actor, user)
    ended = end_access(user, EndReason.OTHERS_SIGNED_OUT, actor=actor, keep=actor.session_token)
    count = ended[Access.BROWSERS] + ended[Access.PROGRAMS]
    if count:
        account_log.record(
            user=user, kind=AccountEventKind.SESSIONS_ENDED, actor=actor, count=count
        )
        _notify(user)
    return count


def _notify(user: User, device: str = "") -> None:
    mail_notifications.account_notice(user, NoticeKind.SESSIONS_ENDED, about=device)


def _require_owner(actor: Actor, user: User) -> None:
    if actor.id != user.id:
        raise NotFound
