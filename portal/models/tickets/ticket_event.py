"""TicketEvent: an event in a ticket's history. Append-only."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.i18n import LazyText
from portal.i18n import lazy_gettext as _
from portal.models.annotations import BARE_NUMBER, IN_TICKETS, NOT_THEIRS, erased_by_rule
from portal.models.base import BigId, Created, Model
from portal.models.kinds import SpecifiedKind
from portal.models.tickets.ticket import DONE
from portal.models.webhooks.webhook import WebhookEvent


class ValueType(Enum):
    """The type of "from" and "to" in `data`, which decides how they are displayed."""

    STATUS = auto()
    PRIORITY = auto()
    TYPE = auto()
    RATING = auto()
    # An account's id; beside it the "name" that the person had.
    PERSON = auto()
    LINE = auto()
    TAGS = auto()
    # A participant's id, in "to" when they were added, in "from" when they were removed; beside it
    # their address as "name".
    PARTICIPANT = auto()
    # Lists of {"id", "name", "organization"}: what products were called then, and whose they are.
    PRODUCTS = auto()


@dataclass(frozen=True, kw_only=True)
class KindSpec:
    """All properties of a kind of ticket events; code that treats kinds differently reads them."""

    # In the log of actions.
    sentence: LazyText
    # On the ticket's page, after who did it; `%(value)s` is what was set. None: the page shows
    # something else of it, or words it by its value.
    text: LazyText | None = None
    # The webhook event; None: it is not sent.
    webhook: WebhookEvent | None = WebhookEvent.TICKET_UPDATED
    # Internal to staff: not shown to customers, nor sent to webhooks of organizations.
    internal: bool = False
    # For changes of one value: its type, and the ticket's column.
    value: ValueType | None = None
    column: str | None = None


class EventKind(SpecifiedKind):
    """`data` holds {"from", "to"} for changes of one value.

    That of a rating also has the requester's "comment", blanked at erasure.
    """

    spec: KindSpec

    FILED = (
        "filed",
        KindSpec(sentence=_("Ticket filed"), webhook=WebhookEvent.TICKET_CREATED),
    )
    IMPORTED = (
        "imported",
        KindSpec(
            sentence=_("Ticket imported"),
            text=_("imported this ticket"),
            # Internal to the desk.
            webhook=None,
        ),
    )
    COMMENTED = (
        "commented",
        KindSpec(sentence=_("Answer written"), webhook=WebhookEvent.TICKET_COMMENTED),
    )
    NOTED = (
        "noted",
        KindSpec(sentence=_("Internal note written"), webhook=None, internal=True),
    )
    # Sent as ticket.solved instead when the ticket becomes solved or closed.
    STATUS = (
        "status",
        KindSpec(
            sentence=_("Status of a ticket changed"),
            text=_("set the status to %(value)s"),
            value=ValueType.STATUS,
            column="status",
        ),
    )
    PRIORITY = (
        "priority",
        KindSpec(
            sentence=_("Priority of a ticket changed"),
            text=_("set the priority to %(value)s"),
            value=ValueType.PRIORITY,
            column="priority",
        ),
    )
    ASSIGNEE = (
        "assignee",
        KindSpec(
            sentence=_("Ticket given to somebody"),
            webhook=WebhookEvent.TICKET_ASSIGNED,
            value=ValueType.PERSON,
            column="assignee_id",
        ),
    )
    TAGS = (
        "tags",
        KindSpec(
            sentence=_("Tags of a ticket changed"),
            internal=True,
            value=ValueType.TAGS,
        ),
    )
    TYPE = (
        "type",
        KindSpec(
            sentence=_("Type of a ticket changed"),
            text=_("set the type to %(value)s"),
            value=ValueType.TYPE,
            column="type",
        ),
    )
    DEPARTMENT = (
        "department",
        KindSpec(
            sentence=_("Department of a ticket changed"),
            text=_("set the department to %(value)s"),
            value=ValueType.LINE,
            column="department",
        ),
    )
    SUBJECT = (
        "subject",
        KindSpec(
            sentence=_("Subject of a ticket changed"),
            text=_("set the subject to “%(value)s”"),
            value=ValueType.LINE,
            column="subject",
        ),
    )
    RATED = (
        "rated",
        KindSpec(
            sentence=_("Ticket rated by its requester"),
            webhook=WebhookEvent.TICKET_RATED,
            value=ValueType.RATING,
        ),
    )
    DELETED = (
        "deleted",
        KindSpec(
            sentence=_("Ticket put into the trash"),
            text=_("put this ticket into the trash"),
            webhook=None,
            internal=True,
        ),
    )
    RESTORED = (
        "restored",
        KindSpec(
            sentence=_("Ticket taken out of the trash"),
            text=_("took this ticket out of the trash"),
            webhook=None,
            internal=True,
        ),
    )
    # Somebody who writes about a ticket that is closed gets another one.
    FOLLOWED_BY = (
        "followed_by",
        KindSpec(
            sentence=_("Closed ticket continued in another one"),
            text=_("continued this in ticket %(value)s"),
            webhook=None,
            value=ValueType.LINE,
        ),
    )
    FOLLOWS = (
        "follows",
        KindSpec(
            sentence=_("Ticket continues a closed one"),
            text=_("continued ticket %(value)s here"),
            webhook=None,
            value=ValueType.LINE,
        ),
    )
    # By mail, of somebody who may not see the ticket that the mail answers.
    PERHAPS_RELATED = (
        "perhaps_related",
        KindSpec(
            sentence=_("Ticket perhaps belongs to another one"),
            text=_("answered ticket %(value)s, which they may not see"),
            webhook=None,
            internal=True,
            value=ValueType.LINE,
        ),
    )
    PRODUCTS = (
        "products",
        KindSpec(
            sentence=_("Products of a ticket changed"),
            value=ValueType.PRODUCTS,
        ),
    )
    # Customers who take part in somebody else's ticket.
    PERSON_ADDED = (
        "person_added",
        KindSpec(
            sentence=_("Somebody added to a ticket"),
            value=ValueType.PARTICIPANT,
        ),
    )
    PERSON_REMOVED = (
        "person_removed",
        KindSpec(
            sentence=_("Somebody taken out of a ticket"),
            value=ValueType.PARTICIPANT,
        ),
    )
    # A mail that had been given up.
    MAILED_AGAIN = (
        "mailed_again",
        KindSpec(
            sentence=_("Mail of a ticket sent again"),
            text=_("had a mail sent again"),
            webhook=None,
            internal=True,
        ),
    )
    # A colleague's, which was to leave later.
    ANSWER_STOPPED = (
        "answer_stopped",
        KindSpec(
            sentence=_("Answer stopped before it left"),
            text=_("stopped an answer before it left"),
            webhook=None,
            internal=True,
        ),
    )


INTERNAL_KINDS = frozenset(kind for kind in EventKind if kind.spec.internal)


class TicketEvent(Created, Model):
    """One row for each committed change; mails and webhook deliveries refer to it."""

    __tablename__ = "ticket_events"
    __table_args__ = (Index(None, "ticket_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    actor_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id"), info=BARE_NUMBER | NOT_THEIRS
    )
    comment_id: Mapped[int | None] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(16))
    data: Mapped[dict[str, Any]] = mapped_column(
        JSON,
        default=dict,
        info=erased_by_rule("the name of an assignee or participant, and words beside a rating")
        | IN_TICKETS,
    )

    @property
    def solves(self) -> bool:
        """Whether it made the ticket solved or closed, which it was not before."""
        kind = EventKind.known(self.kind)
        if kind is None or kind.spec.value is not ValueType.STATUS:
            return False
        return self.data["to"] in DONE and self.data["from"] not in DONE
