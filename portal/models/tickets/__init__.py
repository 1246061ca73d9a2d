"""Tickets, comments, attachments, tags, drafts, history, counts, reads and notifications."""

from portal.models.tickets.attachment import Attachment
from portal.models.tickets.bulk_change import (
    BulkAction,
    BulkChange,
    BulkChangeTicket,
    BulkReason,
    BulkState,
    BulkTicketState,
)
from portal.models.tickets.comment import Comment
from portal.models.tickets.department import Department, DepartmentMember
from portal.models.tickets.draft import Draft
from portal.models.tickets.mailed_comment import MailedComment, MailedKind
from portal.models.tickets.notification import Notification, NotificationKind
from portal.models.tickets.saved_reply import SavedReply
from portal.models.tickets.saved_view import SavedView
from portal.models.tickets.scheduled_comment import (
    ReasonReturned,
    ScheduledComment,
    ScheduledState,
)
from portal.models.tickets.search_document import SearchDocument
from portal.models.tickets.search_name import SearchName
from portal.models.tickets.tag import Tag, TicketTag
from portal.models.tickets.thumbnail import Thumbnail
from portal.models.tickets.ticket import (
    DONE,
    Channel,
    Priority,
    Rating,
    Ticket,
    TicketStatus,
)
from portal.models.tickets.ticket_count import TicketCount
from portal.models.tickets.ticket_event import EventKind, TicketEvent
from portal.models.tickets.ticket_participant import ParticipantWay, TicketParticipant
from portal.models.tickets.ticket_product import TicketProduct
from portal.models.tickets.ticket_read import TicketRead
from portal.models.tickets.ticket_type import FirstType, TicketType
from portal.models.tickets.ticket_viewer import TicketViewer
from portal.models.tickets.unsent_attachment import UnsentAttachment

__all__ = [
    "DONE",
    "Attachment",
    "BulkAction",
    "BulkChange",
    "BulkChangeTicket",
    "BulkReason",
    "BulkState",
    "BulkTicketState",
    "Channel",
    "Comment",
    "Department",
    "DepartmentMember",
    "Draft",
    "EventKind",
    "FirstType",
    "MailedComment",
    "MailedKind",
    "Notification",
    "NotificationKind",
    "ParticipantWay",
    "Priority",
    "Rating",
    "ReasonReturned",
    "SavedReply",
    "SavedView",
    "ScheduledComment",
    "ScheduledState",
    "SearchDocument",
    "SearchName",
    "Tag",
    "Thumbnail",
    "Ticket",
    "TicketCount",
    "TicketEvent",
    "TicketParticipant",
    "TicketProduct",
    "TicketRead",
    "TicketStatus",
    "TicketTag",
    "TicketType",
    "TicketViewer",
    "UnsentAttachment",
]
