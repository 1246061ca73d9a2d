"""Drafts: what a person is writing is kept until it is sent, discarded, or long forgotten.

The last save wins. One that did not know the text whose place it takes comes from another device:
that text is kept beside it. Callers hold the person's lock (`begin_change`).
"""

from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, delete, select

from portal import clock
from portal.bulk_statements import execute_bulk
from portal.errors import Invalid, or_not_found
from portal.extensions import db
from portal.models.people import Actor
from portal.models.tickets import Draft, Priority, Ticket
from portal.models.tickets.draft import DISCARDED, text_digest
from portal.queries.tickets import participants
from portal.security import permissions
from portal.services.tickets.comments import MAX_MESSAGE
from portal.services.tickets.tickets import MAX_SUBJECT

# Of one person; older ones make room.
MAX_DRAFTS = 200
KEPT = timedelta(days=90)
DISCARDED_KEPT = timedelta(days=1)


class DraftText(NamedTuple):
    """What is written, as cleaned text."""

    message: str
    subject: str = ""
    internal: bool = False
    priority: Priority | None = None

    @property
    def is_empty(self) -> bool:
        return not (self.message.strip() or self.subject.strip())


def save(
    *, actor: Actor, ticket: Ticket | None, text: DraftText, seen_version: int
) -> Draft | None:
    """Save `text` for `ticket`, or for a new one; an empty text discards what is there.

    `seen_version` is the version that the writer's page knows, 0 for none. Returns the draft, if
    there is one. Raises Forbidden, Invalid.
    """
    _require_may_write(actor, ticket, internal=text.internal)
    _check_lengths(text)
    draft = _find(actor, ticket)
    if draft is None:
        return None if text.is_empty else _added(actor, ticket, text)
    if text.is_empty:
        if draft.version == seen_version and not draft.discarded:
            _discard(draft)
        return draft
    if not _is_continued(draft, text.message, seen_version):
        draft.replaced, draft.replaced_internal = draft.message, draft.internal
    elif draft.discarded:
        draft.replaced = ""
    draft.discarded = False
    _write(draft, text)
    return draft


def discard(*, actor: Actor, ticket: Ticket | None) -> Draft:
    """Discard the draft, or what was written here where another device had written, too."""
    draft = or_not_found(_find(actor, ticket))
    if draft.replaced and not draft.discarded:
        _swap(draft)
        draft.replaced = ""
        _touch(draft)
    elif not draft.discarded:
        _discard(draft)
    return draft


def bring_back(*, actor: Actor, ticket: Ticket | None) -> Draft:
    """Restore a discarded draft, or take the replaced text instead of the present one."""
    draft = or_not_found(_find(actor, ticket))
    if draft.discarded:
        draft.discarded = False
    elif draft.replaced:
        _swap(draft)
    _touch(draft)
    return draft


def put_back(
    *, actor: Actor, ticket: Ticket, message: str, written: DraftText | None = None
) -> Draft:
    """Make what was sent and taken back the draft again.

    What the writer has begun meanwhile, `written` or the draft, is kept beside it.
    """
    draft = _find(actor, ticket)
    if draft is None:
        draft = _added(actor, ticket, DraftText(written.message if written else ""))
    elif draft.discarded:
        draft.message, draft.replaced, draft.discarded = "", "", False
    if written is not None and not written.is_empty:
        draft.message, draft.internal = written.message, written.internal
    kept = [text for text in (draft.message, draft.replaced) if text.strip()]
    if kept:
        # Where one of them is a note, both are: nothing of it may be sent by a slip.
        is_note = (draft.internal and bool(draft.message.strip())) or (
            draft.replaced_internal and bool(draft.replaced.strip())
        )
        draft.replaced, draft.replaced_internal = "\n\n".join(kept), is_note
    draft.message, draft.internal = message, False
    _touch(draft)
    return draft


def write_by_model(
    *, actor: Actor, ticket: Ticket, message: str, written: str, seen_version: int
) -> Draft:
    """Make a language model's text the draft, marked as such.

    `written` is what stood in the composer. It is kept beside the draft, with what a person has
    written on another device and what was kept before; a model's text that nobody edited is not.
    """
    _require_may_write(actor, ticket, internal=False)
    _check_lengths(DraftText(written))
    draft = _find(actor, ticket)
    kept = _own_texts(draft, written, seen_version)
    if draft is None:
        draft = _added(actor, ticket, DraftText(message))
    draft.replaced = "\n\n".join(kept)
    draft.replaced_internal = any(kept.values())
    draft.message, draft.internal, draft.discarded = message, False, False
    draft.model_digest = text_digest(message)
    _touch(draft)
    return draft


def _own_texts(draft: Draft | None, written: str, seen_version: int) -> dict[str, bool]:
    """What people wrote, the newest first, and whether it is a note; the last may be dropped."""
    texts = [(written, False)]
    if draft is not None and not draft.discarded:
        if not _is_continued(draft, written, seen_version):
            texts.append((draft.message, draft.internal))
        texts = [text for text in texts if draft.model_digest != text_digest(text[0])]
        texts.append((draft.replaced, draft.replaced_internal))
    kept: dict[str, bool] = {}
    room = MAX_MESSAGE
    for text, internal in texts:
        room -= len(text)
        if text.strip() and (room >= 0 or not kept):
            kept[text] = kept.get(text, False) or internal
    return kept


def accept(*, actor: Actor, ticket: Ticket) -> Draft:
    """Let what a language model has written be the actor's own."""
    draft = or_not_found(_find(actor, ticket))
    draft.model_digest = None
    _touch(draft)
    return draft


def delete_sent(*, actor: Actor, ticket: Ticket | None, message: str, seen_version: int) -> None:
    """Delete the draft of what is sent in this transaction; not one from another device."""
    draft = _find(actor, ticket)
    if draft is not None and (draft.discarded or _is_continued(draft, message, seen_version)):
        db.session.delete(draft)


def delete_old(limit: int) -> None:
    """Delete up to `limit` drafts that nobody has touched for long."""
    now = clock.now()
    _delete(Draft.updated_at < now - KEPT, limit)
    _delete(and_(DISCARDED, Draft.updated_at < now - DISCARDED_KEPT), limit)


def _delete(condition: ColumnElement[bool], limit: int) -> None:
    old = select(Draft.id).where(condition).limit(limit)
    execute_bulk(delete(Draft).where(Draft.id.in_(old)))


def _require_may_write(actor: Actor, ticket: Ticket | None, *, internal: bool) -> None:
    if ticket is None:
        permissions.require(permissions.can_file(actor))
        return
    permissions.require(participants.may_answer(actor, ticket))
    permissions.require(permissions.can_note(actor) or not internal)


def _check_lengths(text: DraftText) -> None:
    if len(text.message) > MAX_MESSAGE:
        raise Invalid(message="too_long")
    if len(text.subject) > MAX_SUBJECT:
        raise Invalid(subject="too_long")


def _find(actor: Actor, ticket: Ticket | None) -> Draft | None:
    ticket_id = ticket.id if ticket else None
    query = select(Draft).where(Draft.user_id == actor.id, Draft.ticket_id == ticket_id)
    return db.session.scalar(query)


def _is_continued(draft: Draft, message: str, seen_version: int) -> bool:
    """Whether the writer of `message` knew the draft, or nothing of it is missing."""
    return draft.discarded or draft.version == seen_version or message.startswith(draft.message)


def _added(actor: Actor, ticket: Ticket | None, text: DraftText) -> Draft:
    _make_room(actor)
    draft = Draft(user_id=actor.id, ticket_id=ticket.id if ticket else None, version=0)
    draft.replaced, draft.replaced_internal, draft.discarded = "", False, False
    _write(draft, text)
    db.session.add(draft)
    return draft


def _write(draft: Draft, text: DraftText) -> None:
    draft.message, draft.subject = text.message, text.subject
    draft.internal, draft.priority = text.internal, text.priority
    _touch(draft)


def _swap(draft: Draft) -> None:
    """A note stays a note."""
    draft.message, draft.replaced = draft.replaced, draft.message
    draft.internal, draft.replaced_internal = draft.replaced_internal, draft.internal


def _discard(draft: Draft) -> None:
    draft.discarded = True
    _touch(draft)


def _touch(draft: Draft) -> None:
    draft.version += 1
    draft.updated_at = clock.now()


def _make_room(actor: Actor) -> None:
    newest = (
        select(Draft.id)
        .where(Draft.user_id == actor.id)
        .order_by(Draft.updated_at.desc(), Draft.id.desc())
    )
    kept = list(db.session.scalars(newest.limit(MAX_DRAFTS - 1)))
    if len(kept) == MAX_DRAFTS - 1:
        others = delete(Draft).where(Draft.user_id == actor.id, Draft.id.not_in(kept))
        execute_bulk(others)
