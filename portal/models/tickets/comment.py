"""Comment: a public reply or an internal note. The first comment is the question."""

from sqlalchemy import ForeignKey, Index, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import BARE_NUMBER, CONVERSATION, IN_TICKETS, not_exported
from portal.models.base import BigId, Created, Model


class Comment(Created, Model):
    """`message` as written.

    `html` rendered and sanitized by version `renderer_version` of the renderer.
    """

    __tablename__ = "comments"
    __table_args__ = (Index(None, "ticket_id", "id"), Index(None, "renderer_version", "id"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"), info=BARE_NUMBER | IN_TICKETS)
    internal: Mapped[bool] = mapped_column(default=False)
    message: Mapped[str] = mapped_column(Text, info=CONVERSATION | IN_TICKETS)
    html: Mapped[str] = mapped_column(
        Text, info=CONVERSATION | not_exported("the message, as it is shown")
    )
    renderer_version: Mapped[int] = mapped_column(SmallInteger)
    # The ticket's version that this comment made: "what came in since version 7" is one query.
    ticket_version: Mapped[int]
    # The same for the version that customers see; NULL if equal.
    public_version: Mapped[int | None]
