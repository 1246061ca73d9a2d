"""All data held on one person, for the copy that they may ask for.

A column leaves when its annotation says so (`portal.models.annotations`); the fields of tickets are
named in `queries.tickets.serializers`. Secrets are left out, hashed or not; so are internal notes,
tags and whatever else customers are not shown, whoever asks.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import exists, func, or_, select

from portal.extensions import db
from portal.models.annotations import Export, exported_columns, exports
from portal.models.organizations import Organization
from portal.models.people import AccountEvent, AccountEventKind, Actor, Passkey, RecoveryCode, User
from portal.models.people.person import Person
from portal.models.tickets import Attachment, Comment, EventKind, Ticket, TicketEvent
from portal.queries.audience import Audience
from portal.queries.paging import AnyRow
from portal.queries.people import serializers
from portal.queries.tickets.lists import ticket_rows
from portal.queries.tickets.lists.ticket_rows import TicketRow
from portal.queries.tickets.tickets import visibility_values, visible_to

Fields = dict[str, Any]
_INTERNAL = tuple(kind for kind in AccountEventKind if kind.spec.internal)


def profile(actor: Actor) -> Fields:
    query = select(*exported_columns(User.__table__)).where(User.id == actor.id)
    return serializers.account(db.session.execute(query).one(), Audience.ARCHIVE)


def organization(actor: Actor) -> Fields:
    """Name and kind of the person's organization, and their role in it."""
    columns = (*exported_columns(Organization.__table__), User.organization_role.label("role"))
    return _as_dicts(select(*columns).join(User).where(User.id == actor.id))[0]


def rows(actor: Actor) -> Iterator[tuple[str, list[Fields]]]:
    """Whatever else points to the person and is theirs: the name of a file, and what is in it."""
    for table, column, how, name in exports():
        if how is Export.FILE:
            query = select(*exported_columns(table)).where(column == actor.id)
            yield name, _as_dicts(query.order_by(*table.primary_key))


def second_factors(actor: Actor) -> Fields:
    """What is asked for besides the password."""
    left = select(func.count()).where(
        RecoveryCode.user_id == actor.id, RecoveryCode.used_at.is_(None)
    )
    app = select(User.totp_counter.is_not(None)).where(User.id == actor.id)
    passkeys = select(*exported_columns(Passkey.__table__)).where(Passkey.user_id == actor.id)
    return {
        "authenticator_app": bool(db.session.scalar(app)),
        "recovery_codes_left": db.session.scalar(left),
        "passkeys": _as_dicts(passkeys.order_by(Passkey.id)),
    }


def activity(actor: Actor) -> list[Fields]:
    """Events of the account, but internal ones. Address and browser of others are left out."""
    query = (
        select(*exported_columns(AccountEvent.__table__), AccountEvent.actor_id)
        .where(AccountEvent.user_id == actor.id, AccountEvent.kind.not_in(_INTERNAL))
        .order_by(AccountEvent.id)
    )
    return [_event(fields, actor) for fields in _as_dicts(query)]


def ticket_ids(actor: Actor) -> list[int]:
    """Visible tickets that the person has filed or, as a customer, commented on.

    Comments of staff on others' tickets belong to the desk and the customers.
    """
    mine = Ticket.requester_id == actor.id
    if not actor.is_staff:
        spoken = exists().where(Comment.ticket_id == Ticket.id, Comment.author_id == actor.id)
        mine = or_(mine, spoken)
    query = select(Ticket.id).where(mine, visible_to(actor)).order_by(Ticket.id)
    return list(db.session.scalars(query))


def tickets(actor: Actor, ids: Sequence[int]) -> list[TicketRow]:
    """Tickets with the columns that customers see."""
    query = ticket_rows.with_people(
        select(*ticket_rows.all_columns(staff=False)).select_from(Ticket)
    )
    query = query.where(Ticket.id.in_(ids)).order_by(Ticket.id)
    rows = db.session.execute(query, visibility_values(actor))
    return [TicketRow._make(row) for row in rows]


def ratings(ids: Sequence[int]) -> list[AnyRow]:
    """All ratings of these tickets, former ones too."""
    query = (
        select(TicketEvent.ticket_id, TicketEvent.data, TicketEvent.created_at)
        .where(TicketEvent.ticket_id.in_(ids), TicketEvent.kind == EventKind.RATED)
        .order_by(TicketEvent.id)
    )
    return list(db.session.execute(query))


def comments(ids: Sequence[int]) -> list[AnyRow]:
    """Public comments of these tickets."""
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
    """Files on public comments of these tickets."""
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


def _as_dicts(query: Any) -> list[Fields]:
    return [dict(row._mapping) for row in db.session.execute(query)]


def _event(fields: Fields, actor: Actor) -> Fields:
    by = fields.pop("actor_id")
    if by == actor.id:
        return {**fields, "by": "you"}
    if by is None:
        return {**fields, "by": "nobody signed in"}
    return {**fields, "by": "somebody else", "address": "", "user_agent": ""}
