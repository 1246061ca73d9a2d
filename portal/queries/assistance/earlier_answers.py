"""How similar tickets were answered, and which saved reply those answers were made of."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select

from portal.extensions import db
from portal.models.people import Actor, Role, User
from portal.models.tickets import DONE, Comment, Ticket
from portal.queries.tickets import saved_replies, similar
from portal.queries.tickets.saved_replies import SavedReplyRow
from portal.text_analysis.tokens import tokens

_MAX_TEXT = 4_000
# So much of a saved reply's words stands in an answer that was made of it.
_SHARED = 0.6
_LEAST_WORDS = 5


class SimilarTicket(NamedTuple):
    """`answer` is the last public word of the staff; empty where there is none.

    `is_double`: somebody of the same organization waits for the same.
    """

    id: int
    subject: str
    status: str
    updated_at: datetime
    answer: str
    is_double: bool


def of_ticket(actor: Actor, ticket: Ticket) -> list[SimilarTicket]:
    """Those that `actor` sees, the most alike first."""
    rows = similar.of_ticket(actor, ticket)
    ids = [row.id for row in rows]
    answers = _answers([row.id for row in rows if row.status in DONE])
    theirs = _unsolved_of(ticket.organization_id, ids)
    return [
        SimilarTicket(
            row.id,
            row.subject,
            row.status,
            row.updated_at,
            answer=answers.get(row.id, ""),
            is_double=row.id in theirs,
        )
        for row in rows
    ]


def best_reply(actor: Actor, found: Sequence[SimilarTicket]) -> tuple[SavedReplyRow, int] | None:
    """The reply that most of the answers to similar tickets were made of, and of how many."""
    answers = [_words(one.answer) for one in found if one.answer]
    replies = saved_replies.visible(actor) if answers else []
    uses = [(_made_of(reply, answers), reply) for reply in replies if not reply.internal]
    best = max(uses, key=lambda use: (use[0], use[1].uses, -use[1].id), default=None)
    return (best[1], best[0]) if best and best[0] else None


def _answers(ids: Sequence[int]) -> dict[int, str]:
    if not ids:
        return {}
    last = (
        select(func.max(Comment.id))
        .join(User, User.id == Comment.author_id)
        .where(Comment.ticket_id.in_(ids), Comment.internal.is_(False), User.role != Role.CUSTOMER)
        .group_by(Comment.ticket_id)
    )
    rows = db.session.execute(
        select(Comment.ticket_id, Comment.message).where(Comment.id.in_(last))
    )
    return {row.ticket_id: row.message for row in rows}


def _unsolved_of(organization_id: int, ids: Sequence[int]) -> set[int]:
    if not ids:
        return set()
    same = (Ticket.organization_id == organization_id, Ticket.status.not_in(sorted(DONE)))
    return set(db.session.scalars(select(Ticket.id).where(Ticket.id.in_(ids), *same)))


def _made_of(reply: SavedReplyRow, answers: Sequence[set[str]]) -> int:
    words = _words(reply.message)
    if len(words) < _LEAST_WORDS:
        return 0
    return sum(len(words & answer) >= _SHARED * len(words) for answer in answers)


def _words(text: str) -> set[str]:
    return {part for token in tokens(text[:_MAX_TEXT]) for part in token.parts}
