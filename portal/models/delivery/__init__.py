"""Mails, the state of the mail server, and the columns of leased rows."""

from portal.models.delivery.leased import OutboxState
from portal.models.delivery.mail_server import MailServer
from portal.models.delivery.outbox import NoticeKind, Outbox, ReasonNotToSend

__all__ = [
    "MailServer",
    "NoticeKind",
    "Outbox",
    "OutboxState",
    "ReasonNotToSend",
]
