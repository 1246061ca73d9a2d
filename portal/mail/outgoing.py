"""Outgoing mail: the rows that a mail is composed of, and why it must not be sent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import select

from portal.extensions import db, setting
from portal.mail import statistics_report
from portal.mail.statistics_report import MailedReport
from portal.models.delivery import Outbox, ReasonNotToSend
from portal.models.delivery.outbox import MENTIONED, OF_DESK, OF_EXPORTS, OF_ORGANIZATION, REPORT
from portal.models.inbound import Mailbox
from portal.models.people import PendingRegistration, User, UserToken
from portal.models.tickets import Attachment, Comment, Ticket, TicketEvent
from portal.queries.inbound import correspondence
from portal.queries.organizations import domains, invitations
from portal.queries.organizations.domains import DomainDetails
from portal.queries.organizations.invitations import InvitationDetails
from portal.queries.tickets import participants
from portal.queries.tickets.mail_reasons import reason_not_to_mail
from portal.security import permissions

_Row = TypeVar("_Row")


# A program may attach any number of files to a comment.
_MAX_FILES = 50
NOTHING_ENCLOSED: Mapping[str, bytes | None] = {}
SOLVED = "ticket_solved"


class FileToEnclose(NamedTuple):
    """The key of a file in the store, and its size in bytes."""

    key: str
    size: int


@dataclass(frozen=True, slots=True)
class EarlierComment:
    """A public comment from before the event, and who wrote it."""

    comment: Comment
    author: User


@dataclass(frozen=True, slots=True)
class OutgoingMail:
    """A mail with the rows it is composed of. `reader` is None for the staff mailbox.

    `attachments` are the comment's, `earlier` has the newest first. `answers_come`: whether the
    reader of a receipt will be mailed answers; `may_answer`: whether they may write any. A mail
    about a ticket comes from `mailbox`, if there is one for it; replies go to `reply_mailbox`.
    `earlier_ids` are Message-IDs, the oldest first.
    """

    row: Outbox
    reader: User | None = None
    ticket: Ticket | None = None
    comment: Comment | None = None
    attachments: tuple[Attachment, ...] = ()
    # Those that go with the mail, by their keys, as lines of base64; None: gone from the store.
    enclosed: Mapping[str, bytes | None] = field(default_factory=lambda: NOTHING_ENCLOSED)
    earlier: tuple[EarlierComment, ...] = ()
    answers_come: bool = True
    may_answer: bool = True
    author: User | None = None
    mailbox: Mailbox | None = None
    reply_mailbox: Mailbox | None = None
    earlier_ids: tuple[str, ...] = ()
    token: UserToken | None = None
    invitation: InvitationDetails | None = None
    registration: PendingRegistration | None = None
    # Or why there is none.
    report: MailedReport | ReasonNotToSend | None = None
    domain: DomainDetails | None = None

    @property
    def has_signed_address(self) -> bool:
        """Whether replies go to an address that proves to whom it was given.

        Not those to a mail about a note: they would be answers that the customer reads.
        """
        takes_it = self.reply_mailbox is not None and self.reply_mailbox.takes_plus
        return takes_it and self.reader is not None and self.row.template != MENTIONED


def files_to_enclose(outbox_id: int, most: int) -> list[FileToEnclose]:
    """The first files of the mail's message that have room in `most` bytes together.

    Nobody is sent their own files, nor those of a note.
    """
    row = db.session.get_one(Outbox, outbox_id)
    event = _get(TicketEvent, row.event_id)
    comment = _get(Comment, event.comment_id if event else None)
    if comment is None or comment.internal or comment.author_id == row.user_id:
        return []
    found, left = [], most
    for file in _attachments(comment.id):
        if file.size > left:
            break
        left -= file.size
        found.append(FileToEnclose(file.storage_key, file.size))
    return found


def read(outbox_id: int, enclosed: Mapping[str, bytes | None] = NOTHING_ENCLOSED) -> OutgoingMail:
    """Load the mail with the current state of its rows; `enclosed` was read for it before."""
    row = db.session.get_one(Outbox, outbox_id)
    event = _get(TicketEvent, row.event_id)
    reader = _get(User, row.user_id)
    return OutgoingMail(
        row=row,
        reader=reader,
        enclosed=enclosed,
        **(_on_ticket(row, event) if event else {}),
        token=_get(UserToken, row.data.get("token")),
        invitation=invitations.find(row.data["invitation"]) if "invitation" in row.data else None,
        registration=_get(PendingRegistration, row.data.get("registration")),
        report=statistics_report.read(row, reader) if row.template == REPORT else None,
        domain=domains.find(row.data["domain"]) if "domain" in row.data else None,
    )


def reason_not_to_send(mail: OutgoingMail) -> ReasonNotToSend | None:
    """Why the mail must not be sent any more, or None. Checks the rights of now."""
    if mail.comment is not None and mail.comment.internal:
        return ReasonNotToSend.INTERNAL
    if mail.ticket is not None:
        if mail.row.template == SOLVED and not _is_solved_since(mail.ticket, mail.row.created_at):
            return ReasonNotToSend.REOPENED
        return reason_not_to_mail(mail.row.template, mail.reader, mail.ticket)
    data = mail.row.data
    if data.get("token") and (mail.token is None or not mail.token.is_usable):
        return ReasonNotToSend.LINK_DEAD
    if "invitation" in data and (mail.invitation is None or not mail.invitation.is_acceptable):
        return ReasonNotToSend.INVITATION_DEAD
    if "domain" in data and (mail.domain is None or not mail.domain.is_confirmable):
        return ReasonNotToSend.DOMAIN_DEAD
    if data.get("asked"):
        return ReasonNotToSend.NOT_ASKED
    if "registration" in data and (mail.registration is None or not mail.registration.is_usable):
        return ReasonNotToSend.REGISTRATION_DEAD
    if mail.reader is None:
        return None
    if not mail.reader.is_active:
        return ReasonNotToSend.DISABLED
    if mail.report is not None and mail.reader.mail_stopped_at is not None:
        return ReasonNotToSend.ADDRESS_FAILS
    if isinstance(mail.report, ReasonNotToSend):
        return mail.report
    return None if _still_manages(mail.reader, data) else ReasonNotToSend.NOT_MANAGING


def _is_solved_since(ticket: Ticket, moment: datetime) -> bool:
    """Whether it was solved then and is still; one that was solved again has another mail."""
    return ticket.solved_at is not None and ticket.solved_at <= moment


def _on_ticket(row: Outbox, event: TicketEvent) -> dict[str, Any]:
    ticket = db.session.get_one(Ticket, event.ticket_id)
    reader = _get(User, row.user_id)
    # What a note says stays on the page.
    comment_id = None if row.template == MENTIONED else event.comment_id
    mailbox = correspondence.mailbox_of(ticket)
    return {
        "ticket": ticket,
        "comment": _get(Comment, comment_id),
        "attachments": _attachments(comment_id),
        "earlier": _earlier(event, setting("MAIL_QUOTED_MESSAGES")),
        "answers_come": row.template != "ticket_filed"
        or reason_not_to_mail("reply", reader, ticket) is None,
        "may_answer": reader is not None and participants.may_answer(reader.actor, ticket),
        "author": _get(User, event.actor_id),
        "mailbox": mailbox,
        "reply_mailbox": mailbox or correspondence.default_mailbox(),
        "earlier_ids": correspondence.message_ids(ticket.id, row),
    }


def _attachments(comment_id: int | None) -> tuple[Attachment, ...]:
    if comment_id is None:
        return ()
    query = select(Attachment).where(Attachment.comment_id == comment_id)
    return tuple(db.session.scalars(query.order_by(Attachment.id).limit(_MAX_FILES)))


def _earlier(event: TicketEvent, most: int) -> tuple[EarlierComment, ...]:
    """Up to `most` public comments from before the event, also for staff: mails are forwarded."""
    if not most:
        return ()
    before = Comment.created_at <= event.created_at
    query = (
        select(Comment, User)
        .join(User, User.id == Comment.author_id)
        .where(Comment.ticket_id == event.ticket_id, Comment.internal.is_(False))
        .where(before if event.comment_id is None else Comment.id < event.comment_id)
        .order_by(Comment.id.desc())
        .limit(most)
    )
    return tuple(EarlierComment(comment, user) for comment, user in db.session.execute(query))


def _get(model: type[_Row], key: int | None) -> _Row | None:
    return None if key is None else db.session.get(model, key)


def _still_manages(reader: User, data: dict[str, Any]) -> bool:
    """Whether the reader still has the right to what a notice is about."""
    if data.get("kind") in OF_DESK:
        return permissions.can_administer(reader.actor)
    if data.get("kind") in OF_EXPORTS:
        return permissions.can_export(reader.actor)
    if data.get("kind") not in OF_ORGANIZATION:
        return True
    same = data.get("organization", reader.organization_id) == reader.organization_id
    return same and permissions.can_manage_organization(reader.actor)
