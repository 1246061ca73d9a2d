"""What a list says of a conversation: its last public message, and since when its customer waits.

Somebody waits from the first message that nobody has answered: what they add does not start the
clock anew (docs/decisions/0050).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import unescape
from re import compile as pattern

from sqlalchemy import select

from portal import clock
from portal.extensions import db
from portal.models.people import Role, User
from portal.models.tickets import DONE, Comment, Ticket
from portal.models.tickets.ticket import MAX_EXCERPT
from portal.queries.paging import AnyRow
from portal.queries.tickets.lists.index_choice import unindexed
from portal.services.tickets import counts

_BREAK = pattern(r"</(?:p|li|td|th|pre|blockquote)>|<br ?/?>")
_TAG = pattern(r"<[^>]*>?")
# Longer than any excerpt with its marks; the rest of a message is not looked at.
_LOOKED_AT = 2_000


def excerpt(html: str) -> str:
    """The first words of a rendered message, without its marks."""
    text = unescape(_TAG.sub("", _BREAK.sub(" ", html[:_LOOKED_AT])))
    words = " ".join(text.split())
    return words if len(words) <= MAX_EXCERPT else f"{words[: MAX_EXCERPT - 1].rstrip()}…"


def remember(ticket: Ticket, comment: Comment) -> None:
    """Note `comment`, which is public, as the last message of the ticket."""
    ticket.last_message_id = comment.id
    ticket.last_message_by_id = comment.author_id
    ticket.last_message_excerpt = excerpt(comment.html)


def note_word(ticket: Ticket, *, is_answer: bool) -> None:
    """Somebody has written in public: an answer ends the wait, other words begin it."""
    if is_answer:
        set_waiting(ticket, None)
    elif ticket.waiting_since is None:
        set_waiting(ticket, clock.now())


def note_status(ticket: Ticket, before: str) -> None:
    """The status has changed: nobody waits when it is done, and whoever reopens it waits from now.

    The caller moves the counts.
    """
    if ticket.status in DONE:
        ticket.waiting_since = None
    elif before in DONE and ticket.waiting_since is None:
        ticket.waiting_since = clock.now()


def set_waiting(ticket: Ticket, moment: datetime | None) -> None:
    """Set since when the requester waits, in the counts as well."""
    if ticket.waiting_since != moment:
        before = counts.count_key(ticket)
        ticket.waiting_since = moment
        counts.move(before, counts.count_key(ticket))


def unfilled(below: int, limit: int, *, unsolved: bool) -> list[int]:
    """Ids, below `below`, of tickets that an older version has written, the newest first."""
    query = select(Ticket.id).where(Ticket.last_message_id.is_(None), Ticket.id < below)
    if unsolved:
        # The other condition has an index, which is empty most of the time.
        query = query.where(unindexed(Ticket.status).not_in(sorted(DONE)))
    return list(db.session.scalars(query.order_by(Ticket.id.desc()).limit(limit)))


def fill(ids: Sequence[int]) -> None:
    """Find last messages and waits of these tickets by their comments."""
    locked = select(Ticket).where(Ticket.id.in_(ids)).order_by(Ticket.id).with_for_update()
    tickets = list(db.session.scalars(locked))
    comments = _public_comments(ids)
    last = [comments[ticket.id][-1].id for ticket in tickets if comments[ticket.id]]
    html = select(Comment.id, Comment.html).where(Comment.id.in_(last))
    shown = {row.id: row.html for row in db.session.execute(html)}
    for ticket in tickets:
        _fill(ticket, comments[ticket.id], shown)


def _public_comments(ids: Sequence[int]) -> dict[int, list[AnyRow]]:
    """The public comments of each ticket, without their texts."""
    query = (
        select(Comment.ticket_id, Comment.id, Comment.author_id, Comment.created_at, User.role)
        .join(User, User.id == Comment.author_id)
        .where(Comment.ticket_id.in_(ids), Comment.internal.is_(False))
        .order_by(Comment.id)
    )
    found: dict[int, list[AnyRow]] = defaultdict(list)
    for row in db.session.execute(query):
        found[row.ticket_id].append(row)
    return found


def _fill(ticket: Ticket, comments: Sequence[AnyRow], html: Mapping[int, str]) -> None:
    last = comments[-1] if comments else None
    ticket.last_message_id = last.id if last else 0
    ticket.last_message_by_id = last.author_id if last else None
    ticket.last_message_excerpt = excerpt(html[last.id]) if last else None
    # The first one is the question, whoever wrote it down.
    answers = [
        number > 0 and row.role != Role.CUSTOMER and row.author_id != ticket.requester_id
        for number, row in enumerate(comments)
    ]
    moments = [row.created_at for row in comments]
    set_waiting(ticket, waiting_since(ticket.status, moments, answers))


def waiting_since(
    status: str, moments: Sequence[datetime], answers: Sequence[bool]
) -> datetime | None:
    """Since when somebody waits after public messages of `moments`, some of them `answers`."""
    since: datetime | None = None
    for moment, is_answer in zip(moments, answers, strict=True):
        since = None if is_answer else since or moment
    return None if status in DONE else since
