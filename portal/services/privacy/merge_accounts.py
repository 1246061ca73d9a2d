"""Merges two accounts of one person: one is kept, and gets the tickets and words of the other.

Nobody gains a right by it: roles and organization are those of the kept account. A company's
tickets stay with the company, so a person who is not in it does not see them. The other account
ends as an erased one does, but for the name: history keeps saying who it was.
"""

from typing import NamedTuple

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import aliased

from portal.bulk_statements import execute_bulk
from portal.errors import Invalid, Stale
from portal.extensions import db
from portal.models.delivery import NoticeKind, Outbox, OutboxState
from portal.models.inbound import InboundMessage
from portal.models.organizations import CustomerNote, Organization
from portal.models.people import AccountEventKind, Actor, Role, User
from portal.models.people.actor import ERASED_DOMAIN
from portal.models.tickets import Comment, SearchDocument, Ticket, TicketParticipant
from portal.queries.organizations import organizations
from portal.queries.people import api_keys, users
from portal.queries.people.pending_deletions import with_pending_deletion
from portal.queries.tickets import of_person
from portal.queries.tickets.search import documents
from portal.security import permissions
from portal.security.people.step_up import sensitive
from portal.services.delivery import mail_notifications
from portal.services.organizations import storage
from portal.services.organizations.organizations import require_owner_stays
from portal.services.people import account_log
from portal.services.privacy import data_exports, erase
from portal.services.tickets import uncounted

# All in one transaction, which nobody else can write beside on SQLite.
MAX_TICKETS = 1_000
# What the kept account takes over where it says nothing itself.
_FACTS = ("first_name", "last_name", "phone", "inn")


class Preview(NamedTuple):
    """What merging would do. `company` keeps its tickets; None where they move along."""

    tickets: int
    keys: int
    company: Organization | None


def preview(*, actor: Actor, source: User, kept: User) -> Preview:
    """What `merge` would do. Raises what it raises, but LastOwner."""
    _require_mergeable(actor, source, kept)
    home = db.session.get_one(Organization, source.organization_id)
    stays = not home.personal and home.id != kept.organization_id
    return Preview(len(_ticket_ids(source)), api_keys.count(source.id), home if stays else None)


@sensitive
def merge(*, actor: Actor, source: User, kept: User) -> None:
    """Move all of `source` to `kept`, and end `source`.

    Raises Invalid for accounts that cannot be merged, LastOwner when a company would be left
    without an owner, and Stale when one of both changed organizations meanwhile.
    """
    _require_mergeable(actor, source, kept)
    ids = _lock(source, kept)
    _require_mergeable(actor, source, kept)
    home = db.session.get_one(Organization, source.organization_id)
    if not home.personal:
        require_owner_stays(source)
    _move_tickets(ids, source, kept, moved=home.personal)
    _move_participations(source, kept)
    _move_notes(source, kept)
    _move_mails(source, kept)
    _move_owed_mails(source, kept)
    _take_over_facts(source, kept)
    data_exports.withdraw(source)
    former, name = source.email, source.name
    erase.leave_organization(source)
    erase.delete_proofs(source, {former})
    _end(source, kept)
    _record(actor, source, kept, former=former, name=name)


def _require_mergeable(actor: Actor, source: User, kept: User) -> None:
    for account in (source, kept):
        permissions.require(permissions.can_manage_person(actor, account))
    if source.id == kept.id or kept.is_erased or source.is_erased:
        raise Invalid(into="merge_unknown")
    if source.role != Role.CUSTOMER:
        raise Invalid(into="merge_staff")
    if with_pending_deletion({source.id, kept.id}):
        raise Invalid(into="merge_leaving")
    if len(_ticket_ids(source)) > MAX_TICKETS:
        raise Invalid(into="merge_many")


def _ticket_ids(source: User) -> list[int]:
    return of_person.ids(source.id, limit=MAX_TICKETS + 1)


def _lock(source: User, kept: User) -> list[int]:
    """Lock organizations, tickets and people, in everybody's order; return the tickets' ids."""
    places = source.organization_id, kept.organization_id
    for organization_id in sorted(set(places)):
        organizations.lock(organization_id)
    ids = _ticket_ids(source)
    db.session.execute(
        select(Ticket.id).where(Ticket.id.in_(ids)).order_by(Ticket.id).with_for_update()
    )
    for user_id in sorted((source.id, kept.id)):
        users.lock(user_id)
    if places != (source.organization_id, kept.organization_id):
        raise Stale
    return ids


def _move_tickets(ids: list[int], source: User, kept: User, *, moved: bool) -> None:
    """`moved`: those of the source's own organization go to that of the kept account."""
    rows = db.session.execute(
        select(Ticket, SearchDocument)
        .outerjoin(SearchDocument, SearchDocument.ticket_id == Ticket.id)
        .where(Ticket.id.in_(ids))
    ).all()
    if moved:
        own = [t.id for t, _document in rows if t.organization_id == source.organization_id]
        storage.move(own, kept.organization_id)
    for ticket, document in rows:
        marks = _renamed_marks(ticket, source, kept, moved=moved)
        _move_ticket(ticket, source, kept, moved=moved)
        if document is not None:
            document.public = documents.rename_marks(document.public, marks)
            document.internal = documents.rename_marks(document.internal, marks)
    uncounted.note(*ids)
    execute_bulk(
        update(Comment)
        .where(Comment.ticket_id.in_(ids), Comment.author_id == source.id)
        .values(author_id=kept.id),
        follow=True,
    )


def _renamed_marks(ticket: Ticket, source: User, kept: User, *, moved: bool) -> dict[str, str]:
    """Marks of the search index that name the source, and those that take their place."""
    author, kept_author = documents.author_mark(source.id), documents.author_mark(kept.id)
    marks = {
        author: kept_author,
        documents.participant_mark(source.id): documents.participant_mark(kept.id),
        documents.internal(author): documents.internal(kept_author),
    }
    if ticket.requester_id == source.id:
        marks[documents.requester_mark(source.id)] = documents.requester_mark(kept.id)
    if moved and ticket.organization_id == source.organization_id:
        of_source = documents.organization_mark(source.organization_id)
        marks[of_source] = documents.organization_mark(kept.organization_id)
    return marks


def _move_ticket(ticket: Ticket, source: User, kept: User, *, moved: bool) -> None:
    if ticket.requester_id == source.id:
        ticket.requester_id = kept.id
    if moved and ticket.organization_id == source.organization_id:
        ticket.organization_id = kept.organization_id
    if ticket.last_message_by_id == source.id:
        ticket.last_message_by_id = kept.id
    # No event and no new time: nothing was said. The version tells caches and readers.
    ticket.version += 1
    if ticket.public_version is not None:
        ticket.public_version += 1


def _move_participations(source: User, kept: User) -> None:
    """Nobody takes part twice, nor in a ticket of their own; what is left goes with the source."""
    theirs = aliased(TicketParticipant)
    known = exists().where(
        theirs.user_id == kept.id, theirs.ticket_id == TicketParticipant.ticket_id
    )
    if kept.role == Role.CUSTOMER:
        of_source = update(TicketParticipant).where(TicketParticipant.user_id == source.id, ~known)
        execute_bulk(of_source.values(user_id=kept.id))
    own = select(Ticket.id).where(Ticket.requester_id == kept.id)
    execute_bulk(
        delete(TicketParticipant).where(
            TicketParticipant.user_id == kept.id, TicketParticipant.ticket_id.in_(own)
        )
    )


def _move_notes(source: User, kept: User) -> None:
    """There are none about the staff: then they go with the account."""
    if kept.role == Role.CUSTOMER:
        of_source = update(CustomerNote).where(CustomerNote.user_id == source.id)
        execute_bulk(of_source.values(user_id=kept.id), follow=True)


def _move_mails(source: User, kept: User) -> None:
    """Mails that came in from the source go with the words that were made of them."""
    of_source = update(InboundMessage).where(InboundMessage.user_id == source.id)
    execute_bulk(of_source.values(user_id=kept.id), follow=True)


def _move_owed_mails(source: User, kept: User) -> None:
    """Unsent ones about tickets, unless the same is owed to the kept account already.

    Rights are asked when they are sent. Mails about the account itself end with it.
    """
    theirs = aliased(Outbox)
    owed = exists().where(
        theirs.event_id == Outbox.event_id,
        theirs.template == Outbox.template,
        theirs.recipient == kept.email,
    )
    unsent = Outbox.state.in_([OutboxState.PENDING, OutboxState.PARKED])
    of_source = (Outbox.user_id == source.id, Outbox.event_id.is_not(None), unsent)
    moved = update(Outbox).where(*of_source, ~owed)
    execute_bulk(moved.values(user_id=kept.id, recipient=kept.email), follow=True)


def _take_over_facts(source: User, kept: User) -> None:
    for name in _FACTS:
        if not getattr(kept, name):
            setattr(kept, name, getattr(source, name))


def _end(source: User, kept: User) -> None:
    source.email = f"{source.number.lower()}@{ERASED_DOMAIN}"
    source.is_verified = False
    source.username = source.phone = source.inn = None
    source.signature = ""
    source.merged_into_id = kept.id


def _record(actor: Actor, source: User, kept: User, *, former: str, name: str) -> None:
    account_log.record(
        user=kept,
        kind=AccountEventKind.MERGED,
        actor=actor,
        email=former,
        name=f"{name} ({source.number})",
    )
    account_log.record(
        user=source,
        kind=AccountEventKind.MERGED_AWAY,
        actor=actor,
        name=f"{kept.name} ({kept.number})",
    )
    mail_notifications.account_notice(kept, NoticeKind.MERGED, about=former, by=actor)
    # To the mailbox of the account that is no more, by the one that is.
    mail_notifications.account_notice(kept, NoticeKind.MERGED, former, about=former, by=actor)
