"""MailedComment: what a mail had besides the words that became its comment."""

from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import CONVERSATION, not_exported
from portal.models.base import Model

_SHOWN = not_exported("what others wrote before, and the mail as it looked")


class MailedKind(StrEnum):
    """`automatic`: a program answered, so that it is a note and folded."""

    ANSWER = "answer"
    AUTOMATIC = "automatic"


class MailedComment(Model):
    """Each comment that came by mail has one, visible like it.

    `rest` holds quotes and the signature below what is new.
    `html` is as it was sent: it is sanitized each time it is shown.
    """

    __tablename__ = "mailed_comments"

    comment_id: Mapped[int] = mapped_column(
        ForeignKey("comments.id", ondelete="CASCADE"), primary_key=True, info=CONVERSATION | _SHOWN
    )
    kind: Mapped[str] = mapped_column(String(16), default=MailedKind.ANSWER)
    rest: Mapped[str] = mapped_column(Text, default="", info=CONVERSATION | _SHOWN)
    # What is to be known of the mail: `mail_parsing.Remark`s, with spaces between them.
    remarks: Mapped[str] = mapped_column(
        String(200), default="", server_default="", info=CONVERSATION | _SHOWN
    )
    # Addresses in copy that staff may let take part, with spaces between them: nothing has proven
    # that the sender has put them there, or they have left the ticket before.
    in_copy: Mapped[str] = mapped_column(
        Text, default="", server_default="", info=CONVERSATION | _SHOWN
    )
    html: Mapped[str] = mapped_column(Text, default="", info=CONVERSATION | _SHOWN)
