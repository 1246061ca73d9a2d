"""Transports of mail: a folder or an SMTP server, chosen by MAIL_URL.

A transport knows nothing of outbox rows. It raises one of the types in `portal.mail.failures`.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from portal.durable_files import private_file
from portal.errors import ConfigError
from portal.mail.failures import ServerFailure
from portal.mail.message import Message
from portal.mail.smtp import SmtpTransport
from portal.path_urls import to_path


class Sender(Protocol):
    """Sends messages one after another."""

    def send(self, message: Message, *, within: float) -> None:
        """Deliver `message`, or raise TemporaryFailure or PermanentFailure.

        Nothing that could deliver it is begun after `within` seconds: the caller's lease may have
        passed to another worker by then.
        """


class Transport(Sender, Protocol):
    """Opens senders."""

    def open(self) -> AbstractContextManager[Sender]:
        """A sender for several messages over one connection."""


class FolderTransport:
    """Writes `.eml` files. A duplicate has the same name and replaces the first."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, message: Message, *, within: float) -> None:  # noqa: ARG002
        """Write the message atomically."""
        name = _name(message.message_id)
        unfinished = self.folder / f".{name}.{os.getpid()}.tmp"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with private_file(unfinished, replace=True) as file:
                file.write(message.data)
            unfinished.replace(self.folder / f"{name}.eml")
        except OSError as error:
            raise ServerFailure(f"{self.folder}: {error.strerror}") from error

    @contextmanager
    def open(self) -> Iterator["FolderTransport"]:
        yield self

    def remove(self, message_ids: Iterable[str]) -> None:
        """Delete these messages and unfinished files of them; missing ones are ignored.

        Raises OSError.
        """
        names = set(map(_name, message_ids))
        if not names or not self.folder.exists():
            return
        for path in self.folder.iterdir():
            if path.name.removeprefix(".").partition(".")[0] in names:
                path.unlink(missing_ok=True)


def _name(message_id: str) -> str:
    return hashlib.sha256(message_id.encode()).hexdigest()[:32]


def open_transport(url: str) -> Transport:
    """The transport at MAIL_URL. Does not connect yet.

    Raises ConfigError, one line without the password.
    """
    scheme, _, rest = url.partition("://")
    if scheme == "folder":
        if not rest.startswith("/"):
            raise ConfigError("MAIL_URL: the folder has to be absolute, like folder:///var/mail")
        return FolderTransport(to_path(url))
    if scheme in {"smtp", "smtps"}:
        return SmtpTransport.from_url(url)
    raise ConfigError("MAIL_URL has to begin with smtp://, smtps:// or folder://")
