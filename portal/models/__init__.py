"""Facts: columns, constraints, enums, predicates over a row's own columns. A file per noun.

No session, no queue, no mail, no current user; models import `extensions`, `clock`, each other.
"""

from portal.models.actor import Actor, Role
from portal.models.attachment import Attachment
from portal.models.bulk_change import BulkChange
from portal.models.comment import Comment
from portal.models.organization import Organization, OrganizationRole
from portal.models.outbox import Outbox, OutboxState
from portal.models.search_document import SearchDocument
from portal.models.tag import Tag, TicketTag
from portal.models.ticket import DONE, Priority, Ticket, TicketStatus, TicketType
from portal.models.ticket_count import TicketCount
from portal.models.ticket_event import EventKind, TicketEvent
from portal.models.user import User
from portal.models.user_session import UserSession

__all__ = [
    "DONE",
    "Actor",
    "Attachment",
    "BulkChange",
    "Comment",
    "EventKind",
    "Organization",
    "OrganizationRole",
    "Outbox",
    "OutboxState",
    "Priority",
    "Role",
    "SearchDocument",
    "Tag",
    "Ticket",
    "TicketCount",
    "TicketEvent",
    "TicketStatus",
    "TicketTag",
    "TicketType",
    "User",
    "UserSession",
]
