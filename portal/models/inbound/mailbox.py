"""Mailbox: an address of the desk, and how its mail gets here."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, String, Text, false, true
from sqlalchemy.orm import Mapped, mapped_column

from portal.models.annotations import (
    INTERNAL,
    SECRET,
    Encrypted,
    stays_after_erasure,
)
from portal.models.base import BigId, Created, Model, UtcDateTime

_OF_THE_DESK = stays_after_erasure("the desk's own") | INTERNAL


class MailboxWay(StrEnum):
    """`delivered`: a mail server, a command or a program brings it. `imap`: we fetch it."""

    DELIVERED = "delivered"
    IMAP = "imap"


class Mailbox(Created, Model):
    """`address` in the form of accounts. New tickets get its department and language.

    The columns of the server are empty for mail that is delivered. `uid_validity` and `last_uid`
    say up to where an IMAP folder was fetched; `failing_since` is the first failure since
    `last_success_at`, `failure` the last one's reason.
    """

    __tablename__ = "mailboxes"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    address: Mapped[str] = mapped_column(String(254), unique=True, info=_OF_THE_DESK)
    name: Mapped[str] = mapped_column(String(100), default="", info=_OF_THE_DESK)
    department: Mapped[str | None] = mapped_column(String(100))
    language: Mapped[str | None] = mapped_column(String(8))
    signature: Mapped[str] = mapped_column(Text, default="", info=_OF_THE_DESK)
    is_active: Mapped[bool] = mapped_column(default=True, server_default=true())
    # Whether mail to `support+anything@` arrives, too: then answers go to signed addresses.
    takes_plus: Mapped[bool] = mapped_column(default=False, server_default=false())
    way: Mapped[str] = mapped_column(String(16), default=MailboxWay.DELIVERED)
    host: Mapped[str] = mapped_column(String(254), default="")
    port: Mapped[int | None]
    # "tls", "starttls" or "none".
    security: Mapped[str] = mapped_column(String(8), default="tls")
    username: Mapped[str] = mapped_column(String(254), default="", info=_OF_THE_DESK)
    # "password", or the name of a provider of OAuth 2.
    authentication: Mapped[str] = mapped_column(String(16), default="password")
    secret: Mapped[str | None] = mapped_column(Encrypted("password of mailbox"), info=SECRET)
    folder: Mapped[str] = mapped_column(String(254), default="INBOX")
    uid_validity: Mapped[int | None] = mapped_column(BigInteger)
    last_uid: Mapped[int | None] = mapped_column(BigInteger)
    last_success_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_mail_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failure: Mapped[str | None] = mapped_column(String(300))
