"""Mailbox: an address of the desk, and how its mail gets here."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, String, Text, false, true
from sqlalchemy.orm import Mapped, mapped_column

from portal.i18n import LazyText
from portal.i18n import lazy_gettext as _
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


class FailureReason(StrEnum):
    """Why a mailbox cannot be fetched. Pages have `FAILURE_TEXTS`."""

    PASSWORD = "password"  # noqa: S105 - a word for what is wrong with it
    TOKEN = "token"  # noqa: S105
    TLS = "tls"
    CONNECTION = "connection"
    QUOTA = "quota"
    FOLDER = "folder"
    OTHER = "other"


FAILURE_TEXTS: Mapping[str, LazyText] = {
    FailureReason.PASSWORD: _("The mail server refuses user name or password."),
    FailureReason.TOKEN: _("The provider's consent is missing or has ended: connect it again."),
    FailureReason.TLS: _("No secure connection: the server's certificate or TLS does not fit."),
    FailureReason.CONNECTION: _("The mail server does not answer."),
    FailureReason.QUOTA: _("The mail server wants to be asked less often, or is over its quota."),
    FailureReason.FOLDER: _("The folder does not exist, or may not be read."),
    FailureReason.OTHER: _("The mail server answered what is not understood."),
}


class Mailbox(Created, Model):
    """`address` in the form of accounts. New tickets get its department and language.

    The columns of the server are empty for mail that is delivered. `uid_validity` and `last_uid`
    say up to where an IMAP folder was fetched; `failing_since` is the first failure since
    `last_success_at`, `failure_reason` the last one's reason and `failure` its details. `fetcher`
    is the process that fetches it, until `fetched_until` unless it says otherwise.
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
    # "password", or a provider of OAuth 2: "microsoft" or "google".
    authentication: Mapped[str] = mapped_column(String(16), default="password")
    secret: Mapped[str | None] = mapped_column(Encrypted("password of mailbox"), info=SECRET)
    folder: Mapped[str] = mapped_column(String(254), default="INBOX")
    uid_validity: Mapped[int | None] = mapped_column(BigInteger)
    last_uid: Mapped[int | None] = mapped_column(BigInteger)
    last_success_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_mail_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failure_reason: Mapped[str | None] = mapped_column(String(16))
    failure: Mapped[str | None] = mapped_column(String(300))
    fetcher: Mapped[str | None] = mapped_column(String(32))
    fetched_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Microsoft's directory; empty: any.
    oauth_tenant: Mapped[str] = mapped_column(String(100), default="", server_default="")
    oauth_client_id: Mapped[str] = mapped_column(String(254), default="", server_default="")
    oauth_client_secret: Mapped[str | None] = mapped_column(
        Encrypted("client secret of mailbox"), info=SECRET
    )
    refresh_token: Mapped[str | None] = mapped_column(
        Encrypted("refresh token of mailbox"), info=SECRET
    )
    access_token: Mapped[str | None] = mapped_column(
        Encrypted("access token of mailbox"), info=SECRET
    )
    access_token_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
