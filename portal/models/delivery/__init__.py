"""What is owed to people and programs: mail, events, and the leases on them."""

from portal.models.delivery.leased import OutboxState
from portal.models.delivery.mail_server import MailServer
from portal.models.delivery.outbox import NoticeKind, Outbox

__all__ = [
    "MailServer",
    "NoticeKind",
    "Outbox",
    "OutboxState",
]
