"""Everything that is kept about one person, for the copy that they may ask for.

Allow lists: a column that is not named here does not leave; for tickets `queries.tickets.objects`
says it. No secret is, hashed or not; neither are internal notes, tags and what else customers are
not shown, whoever asks.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import exists, func, or_, select

from portal.extensions import db
from portal.models.organizations import Invitation, Organization
from portal.models.people import (
    AccountEvent,
    Actor,
    ApiKey,
    Passkey,
    RecoveryCode,
    RefreshFamily,
    User,
    UserSession,
)
from portal.models.people.person import Person
from portal.models.privacy import PrivacyRequest
from portal.models.tickets import Attachment, Comment, EventKind, Ticket, TicketEvent
from portal.queries.paging import AnyRow
from portal.queries.tickets import ticket_rows
from portal.queries.tickets.ticket_rows import TicketRow
from portal.queries.tickets.tickets import visible_to

Facts = dict[str, Any]
_PROFILE = (
    User.email, User.is_verified, User.username, User.first_name, User.last_name, User.phone,
    User.inn, User.signature, User.role, User.locale, User.timezone, User.muted, User.created_at,
    User.last_sign_in_at,
)  # fmt: skip
_ORGANIZATION = (
    Organization.name, Organization.personal, User.organization_role.label("role"),
    Organization.created_at,
)  # fmt: skip
_SESSION = (
    UserSession.created_at, UserSession.last_seen_at, UserSession.expires_at, UserSession.address,
    UserSession.user_agent, UserSession.remembered,
)  # fmt: skip
_PROGRAM = (
    RefreshFamily.created_at, RefreshFamily.rotated_at, RefreshFamily.expires_at,
    RefreshFamily.ended_at, RefreshFamily.address, RefreshFamily.user_agent,
)  # fmt: skip
_KEY = (
    ApiKey.name, ApiKey.prefix, ApiKey.scope, ApiKey.created_at, ApiKey.expires_at,
    ApiKey.last_used_at, ApiKey.revoked_at,
)  # fmt: skip
_INVITATION = (
    Invitation.email, Invitation.role, Invitation.created_at, Invitation.expires_at,
    Invitation.accepted_at, Invitation.revoked_at,
)  # fmt: skip
_REQUEST = (
    PrivacyRequest.kind, PrivacyRequest.state, PrivacyRequest.created_at, PrivacyRequest.due_at,
    PrivacyRequest.finished_at,
)  # fmt: skip


def profile(actor: Actor) -> Facts:
    """Who the person is."""
    return _facts(select(*_PROFILE).where(User.id == actor.id))[0]


def organization(actor: Actor) -> Facts:
    """Where the person belongs, and as what."""
    return _facts(select(*_ORGANIZATION).join(User).where(User.id == actor.id))[0]


def sessions(actor: Actor) -> list[Facts]:
    """The browsers in which the person is signed in."""
    return _facts(select(*_SESSION).where(UserSession.user_id == actor.id).order_by(UserSession.id))


def programs(actor: Actor) -> list[Facts]:
    """The programs that the person has signed in, ended ones as long as they are kept."""
    query = select(*_PROGRAM).where(RefreshFamily.user_id == actor.id)
    return _facts(query.order_by(RefreshFamily.id))


def api_keys(actor: Actor) -> list[Facts]:
    """The keys, as their list shows them."""
    return _facts(select(*_KEY).where(ApiKey.user_id == actor.id).order_by(ApiKey.id))


def second_factors(actor: Actor) -> Facts:
    """What is asked for besides the password."""
    left = select(func.count()).where(
        RecoveryCode.user_id == actor.id, RecoveryCode.used_at.is_(None)
    )
    app = select(User.totp_counter.is_not(None)).where(User.id == actor.id)
    passkeys = select(Passkey.name, Passkey.created_at, Passkey.last_used_at).where(
        Passkey.user_id == actor.id
    )
    return {
        "authenticator_app": bool(db.session.scalar(app)),
        "recovery_codes_left": db.session.scalar(left),
        "passkeys": _facts(passkeys.order_by(Passkey.id)),
    }


def activity(actor: Actor) -> list[Facts]:
    """The account log. Where somebody else sat who did something is not the person's business."""
    query = (
        select(
            AccountEvent.created_at,
            AccountEvent.kind,
            AccountEvent.address,
            AccountEvent.user_agent,
            AccountEvent.data,
            AccountEvent.actor_id,
        )
        .where(AccountEvent.user_id == actor.id)
        .order_by(AccountEvent.id)
    )
    return [_event(row, actor) for row in db.session.execute(query)]


def invitations(actor: Actor) -> list[Facts]:
    """Whom the person has invited."""
    query = select(*_INVITATION).where(Invitation.invited_by_id == actor.id)
    return _facts(query.order_by(Invitation.id))


def requests(actor: Actor) -> list[Facts]:
    """What the person has asked for under data protection, this export included."""
    query = select(*_REQUEST).where(PrivacyRequest.user_id == actor.id)
    return _facts(query.order_by(PrivacyRequest.id))


def ticket_ids(actor: Actor) -> list[int]:
    """The tickets that the person has filed or, as a customer, spoken on, and still may see.

    What staff write on the tickets of others is the desk's work and the customers' data.
    """
    mine = Ticket.requester_id == actor.id
    if not actor.is_staff and actor.reads_organization:
        spoken = exists().where(Comment.ticket_id == Ticket.id, Comment.author_id == actor.id)
        mine = or_(mine, spoken)
    query = select(Ticket.id).where(mine, visible_to(actor)).order_by(Ticket.id)
    return list(db.session.scalars(query))


def tickets(ids: Sequence[int]) -> list[TicketRow]:
    """The tickets, as customers are told them."""
    query = ticket_rows.joined(select(*ticket_rows.whole(staff=False)).select_from(Ticket))
    rows = db.session.execute(query.where(Ticket.id.in_(ids)).order_by(Ticket.id))
    return [TicketRow._make(row) for row in rows]


def ratings(ids: Sequence[int]) -> list[AnyRow]:
    """What requesters said of how tickets were handled, each time that they did."""
    query = (
        select(TicketEvent.ticket_id, TicketEvent.data, TicketEvent.created_at)
        .where(TicketEvent.ticket_id.in_(ids), TicketEvent.kind == EventKind.RATED)
        .order_by(TicketEvent.id)
    )
    return list(db.session.execute(query))


def comments(ids: Sequence[int]) -> list[AnyRow]:
    """What was said on tickets in public."""
    query = (
        select(
            Comment.id,
            Comment.ticket_id,
            Comment.message,
            Comment.created_at,
            Comment.author_id,
            *Person.columns(User, "author_"),
        )
        .join(User, User.id == Comment.author_id)
        .where(Comment.ticket_id.in_(ids), Comment.internal.is_(False))
        .order_by(Comment.id)
    )
    return list(db.session.execute(query))


def attachments(ids: Sequence[int]) -> list[AnyRow]:
    """The files on those public comments."""
    query = (
        select(
            Attachment.id,
            Attachment.ticket_id,
            Attachment.comment_id,
            Attachment.filename,
            Attachment.content_type,
            Attachment.size,
            Attachment.storage_key,
        )
        .join(Comment, Comment.id == Attachment.comment_id)
        .where(Attachment.ticket_id.in_(ids), Comment.internal.is_(False))
        .order_by(Attachment.id)
    )
    return list(db.session.execute(query))


def _facts(query: Any) -> list[Facts]:
    return [dict(row._mapping) for row in db.session.execute(query)]


def _event(row: AnyRow, actor: Actor) -> Facts:
    own = row.actor_id in (actor.id, None)
    return {
        "created_at": row.created_at,
        "kind": row.kind,
        "by": "you" if row.actor_id == actor.id else "nobody signed in" if own else "somebody else",
        "address": row.address if own else "",
        "user_agent": row.user_agent if own else "",
        "data": row.data,
    }
