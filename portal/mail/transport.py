"""How a message leaves the house: `open_transport` picks the folder or the SMTP server.

A transport knows nothing of outbox rows. What it cannot do it says by one of three types, see
`portal.mail.failures`.
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


class Sender(Protocol):
    """What takes messages, one after the other."""

    def send(self, message: Message, *, within: float) -> None:
        """Hand `message` over, or raise TemporaryFailure or PermanentFailure.

        After `within` seconds nothing is begun that could deliver it: by then the caller's right
        to send may have passed to another.
        """


class Transport(Sender, Protocol):
    """What delivers."""

    def open(self) -> AbstractContextManager[Sender]:
        """For several messages: whatever it takes to reach the server is done once."""


class FolderTransport:
    """Writes `.eml` files. A copy of a message has the name of the first, and replaces it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, message: Message, *, within: float) -> None:  # noqa: ARG002
        """Write the message so that a reader never finds half of it."""
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
        """There is nobody to reach."""
        yield self

    def remove(self, message_ids: Iterable[str]) -> None:
        """Delete these messages, what a killed process left of them too; gone ones are no matter.

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
    """The transport that MAIL_URL names. Connects to nothing yet.

    Raises ConfigError, one line without the password, when the address cannot be understood.
    """
    scheme, _, rest = url.partition("://")
    if scheme == "folder":
        if not rest.startswith("/"):
            raise ConfigError("MAIL_URL: the folder has to be absolute, like folder:///var/mail")
        return FolderTransport(Path(rest))
    if scheme in {"smtp", "smtps"}:
        return SmtpTransport.from_url(url)
    raise ConfigError("MAIL_URL has to begin with smtp://, smtps:// or folder://")
