"""ReturnedMail: a mail server has sent back a mail to somebody. For who writes to them next."""

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import EXPORTED, INTERNAL, ROW_GOES, erased_by_rule, exported_as
from portal.models.base import BigId, Created, Model

MAX_SAID = 300


class ReturnedMail(Created, Model):
    """Kept until the address is known to work, or logs go.

    `message_id` is of our mail; empty when the notification named none: anybody may have written
    that one, so a person has at most one of them and it does not count. `counts`: it says that the
    address takes no mail.
    """

    __tablename__ = "returned_mails"
    __table_args__ = (UniqueConstraint("user_id", "message_id"), Index(None, "created_at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), info=ROW_GOES | exported_as("mails_returned")
    )
    address: Mapped[str] = mapped_column(
        String(254), info=erased_by_rule("goes with its row") | EXPORTED
    )
    message_id: Mapped[str] = mapped_column(String(200), default="", info=INTERNAL)
    # As 5.1.1 (RFC 3463), and the words of the server.
    status: Mapped[str] = mapped_column(String(16), default="", info=EXPORTED)
    said: Mapped[str] = mapped_column(
        String(MAX_SAID), default="", info=erased_by_rule("goes with its row") | EXPORTED
    )
    counts: Mapped[bool] = mapped_column(default=False, info=INTERNAL)
