"""Notes about customers, which staff write for each other."""

from portal import clock
from portal.errors import Invalid, NotFound
from portal.extensions import db
from portal.models.organizations import CustomerNote, Organization
from portal.models.people import AccountEventKind, Actor, User
from portal.security import permissions
from portal.services.people import account_log

MAX_NOTE = 2_000


def write_about_person(*, actor: Actor, user: User, text: str) -> CustomerNote:
    """Add a note about a customer (cleaned text). Raises NotFound about others, Invalid."""
    if not permissions.can_note_about(actor, user.role) or user.is_erased:
        raise NotFound
    return _added(actor, CustomerNote(user_id=user.id), text)


def write_about_organization(
    *, actor: Actor, organization: Organization, text: str
) -> CustomerNote:
    """Add a note about a company (cleaned text). Raises NotFound about personal ones, Invalid.

    What is to be noted of somebody alone is about the person, and goes with them.
    """
    if not permissions.can_read_people(actor) or organization.personal:
        raise NotFound
    return _added(actor, CustomerNote(organization_id=organization.id), text)


def change(*, actor: Actor, note: CustomerNote, text: str) -> bool:
    """Replace the text; returns whether it is another. Raises Forbidden but for the author."""
    permissions.require(permissions.can_change_note(actor, note.author_id))
    _require_valid(text)
    if note.text == text:
        return False
    note.text, note.updated_at = text, clock.now()
    _record(actor, note, AccountEventKind.NOTE_CHANGED)
    return True


def delete(*, actor: Actor, note: CustomerNote) -> None:
    """Raises Forbidden but for the author."""
    permissions.require(permissions.can_change_note(actor, note.author_id))
    _record(actor, note, AccountEventKind.NOTE_DELETED)
    db.session.delete(note)


def _added(actor: Actor, note: CustomerNote, text: str) -> CustomerNote:
    _require_valid(text)
    note.author_id, note.text, note.created_at = actor.id, text, clock.now()
    db.session.add(note)
    _record(actor, note, AccountEventKind.NOTE_WRITTEN)
    db.session.flush()
    return note


def _require_valid(text: str) -> None:
    if not text.strip():
        raise Invalid(text="required")
    if len(text) > MAX_NOTE:
        raise Invalid(text="too_long")


def _record(actor: Actor, note: CustomerNote, kind: AccountEventKind) -> None:
    """In the person's log. An organization has none: it is its author who did something."""
    user = db.session.get_one(User, note.user_id or actor.id)
    about = {}
    if note.organization_id is not None:
        about["name"] = db.session.get_one(Organization, note.organization_id).name
    account_log.record(user=user, kind=kind, actor=actor, **about)
