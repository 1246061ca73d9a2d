"""Mails, those that came back, the state of the mail server, and the columns of leased rows."""

from portal.models.delivery.leased import OutboxState
from portal.models.delivery.mail_server import MailServer
from portal.models.delivery.outbox import NoticeKind, Outbox, ReasonNotToSend
from portal.models.delivery.returned_mail import ReturnedMail

__all__ = [
    "MailServer",
    "NoticeKind",
    "Outbox",
    "OutboxState",
    "ReasonNotToSend",
    "ReturnedMail",
]
