"""Access to a mailbox: what its row says of the server, apart from the database."""

from dataclasses import dataclass, field

from portal.models.inbound import Mailbox

_PORTS = {"tls": 993}
_USUAL_PORT = 143


@dataclass(frozen=True, slots=True)
class Access:
    """Equal to another one while nobody has changed how the mailbox is fetched.

    `secret` is encrypted.
    """

    mailbox_id: int
    address: str
    host: str
    port: int
    security: str
    username: str
    authentication: str
    folder: str
    secret: str | None = field(repr=False)

    @classmethod
    def of(cls, mailbox: Mailbox) -> "Access":
        return cls(
            mailbox_id=mailbox.id,
            address=mailbox.address,
            host=mailbox.host,
            port=mailbox.port or _PORTS.get(mailbox.security, _USUAL_PORT),
            security=mailbox.security,
            username=mailbox.username or mailbox.address,
            authentication=mailbox.authentication,
            folder=mailbox.folder,
            secret=mailbox.secret,
        )

    @property
    def by_token(self) -> bool:
        """Whether the provider gives tokens for it (OAuth 2)."""
        return self.authentication != "password"
