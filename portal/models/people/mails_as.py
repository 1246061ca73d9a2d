"""MailsAs: how messages that came by mail are shown to somebody."""

from enum import StrEnum


class MailsAs(StrEnum):
    """As their text, or in a frame as they were sent, where they have HTML."""

    TEXT = "text"
    SENT = "sent"
