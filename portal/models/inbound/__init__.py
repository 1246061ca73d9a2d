"""Mail that comes in: the mailboxes that it is for, and each message as it was received."""

from portal.models.inbound.blocked_sender import BlockedSender
from portal.models.inbound.inbound_message import (
    InboundMessage,
    InboundState,
    InboundWay,
    Reason,
    Step,
)
from portal.models.inbound.mail_alarm import MailAlarm
from portal.models.inbound.mail_trial import MailTrial
from portal.models.inbound.mailbox import FailureReason, Mailbox, MailboxWay

__all__ = [
    "BlockedSender",
    "FailureReason",
    "InboundMessage",
    "InboundState",
    "InboundWay",
    "MailAlarm",
    "MailTrial",
    "Mailbox",
    "MailboxWay",
    "Reason",
    "Step",
]
