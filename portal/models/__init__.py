"""Facts: columns, constraints, enums, predicates over a row's own columns. A file per noun.

No session, no queue, no mail, no current user; models import `extensions`, `clock`, each other.
"""

from portal.models.account_event import AccountEvent, AccountEventKind
from portal.models.action import Action, ActionDay, ActionSource
from portal.models.actor import Actor, OrganizationRole, Role
from portal.models.api_key import ApiKey, KeyScope
from portal.models.api_request import ApiRequest, ApiRequestCount
from portal.models.attachment import Attachment
from portal.models.bulk_change import BulkChange
from portal.models.comment import Comment
from portal.models.credential import Credential
from portal.models.desk import Desk
from portal.models.heartbeat import Heartbeat, Pulse
from portal.models.idempotency_key import IdempotencyKey
from portal.models.invitation import Invitation
from portal.models.leased import OutboxState
from portal.models.made import Made
from portal.models.mail_server import MailServer
from portal.models.organization import Organization
from portal.models.outbox import NoticeKind, Outbox
from portal.models.pending_registration import PendingRegistration
from portal.models.privacy_request import PrivacyKind, PrivacyRequest, PrivacyState
from portal.models.refresh_family import RefreshFamily
from portal.models.search_document import SearchDocument
from portal.models.second_factor import Passkey, RecoveryCode
from portal.models.tag import Tag, TicketTag
from portal.models.ticket import DONE, Priority, Rating, Ticket, TicketStatus, TicketType
from portal.models.ticket_count import TicketCount
from portal.models.ticket_event import EventKind, TicketEvent
from portal.models.user import User
from portal.models.user_session import UserSession
from portal.models.user_token import TokenPurpose, UserToken
from portal.models.webhook import Webhook, WebhookEvent, WebhookState
from portal.models.webhook_delivery import WebhookAttempt, WebhookDelivery

__all__ = [
    "DONE",
    "AccountEvent",
    "AccountEventKind",
    "Action",
    "ActionDay",
    "ActionSource",
    "Actor",
    "ApiKey",
    "ApiRequest",
    "ApiRequestCount",
    "Attachment",
    "BulkChange",
    "Comment",
    "Credential",
    "Desk",
    "EventKind",
    "Heartbeat",
    "IdempotencyKey",
    "Invitation",
    "KeyScope",
    "Made",
    "MailServer",
    "NoticeKind",
    "Organization",
    "OrganizationRole",
    "Outbox",
    "OutboxState",
    "Passkey",
    "PendingRegistration",
    "Priority",
    "PrivacyKind",
    "PrivacyRequest",
    "PrivacyState",
    "Pulse",
    "Rating",
    "RecoveryCode",
    "RefreshFamily",
    "Role",
    "SearchDocument",
    "Tag",
    "Ticket",
    "TicketCount",
    "TicketEvent",
    "TicketStatus",
    "TicketTag",
    "TicketType",
    "TokenPurpose",
    "User",
    "UserSession",
    "UserToken",
    "Webhook",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEvent",
    "WebhookState",
]
