"""ParsedMail: what a mail says, as plain values that can be passed on as JSON."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, NamedTuple


class Nature(StrEnum):
    """Who wrote it, as far as the mail itself says."""

    PERSON = "person"
    # A program that answers a mail: out of office, received, read.
    AUTO_REPLY = "auto_reply"
    # Lists, newsletters, what programs send without having been asked.
    BULK = "bulk"
    # A mail server about a mail that did not arrive, or is late.
    BOUNCE = "bounce"


class Remark(StrEnum):
    """What is to be known of a mail beside its text."""

    ENCRYPTED = "encrypted"
    SIGNED = "signed"
    # A winmail.dat of Outlook's that cannot be opened.
    TNEF = "tnef"
    CALENDAR = "calendar"
    NESTED = "nested"
    FORWARDED = "forwarded"
    HTML = "html"
    # Of other servers, in the HTML.
    REMOTE_PICTURES = "remote_pictures"
    # The text was made of the HTML.
    FROM_HTML = "from_html"
    # Limits: what is beyond them is in the raw mail alone.
    TEXT_CUT = "text_cut"
    HTML_CUT = "html_cut"
    PARTS_CUT = "parts_cut"
    # A part whose encoding is broken.
    DAMAGED = "damaged"


class Address(NamedTuple):
    """`address` as written, in no form of ours."""

    name: str
    address: str


class ParsedFile(NamedTuple):
    """`content_id` as `cid:` names it, without brackets."""

    filename: str
    content_type: str
    content_id: str
    content: bytes


class AuthenticationResult(NamedTuple):
    """One `Authentication-Results` header (RFC 8601): methods with their results."""

    server: str
    results: dict[str, str]
    # The domain that DMARC was asked about.
    domain: str


class FailedDelivery(NamedTuple):
    """What a delivery status notification says of one recipient (RFC 3464)."""

    recipient: str
    action: str
    status: str
    diagnostic: str


class Invitation(NamedTuple):
    """The first event of a calendar part.

    `start` and `end` as written, 20261201T100000 or 20261201, in the zone of that name.
    """

    method: str
    summary: str
    start: str
    end: str
    zone: str
    recurs: bool
    place: str


@dataclass(frozen=True, slots=True)
class ParsedMail:
    """`text` is what is new; `rest` the quotes and the signature that were cut from it.

    `references` holds Message-IDs without brackets, of In-Reply-To first, then the newest.
    `recipients` are all addresses to which it may have been delivered, those of trace headers, too.
    """

    message_id: str
    references: tuple[str, ...]
    sender: Address | None
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    recipients: tuple[str, ...]
    subject: str
    text: str
    rest: str
    html: str
    nature: Nature
    # Which header said so.
    nature_reason: str
    spam: bool
    authentication: tuple[AuthenticationResult, ...]
    failed: tuple[FailedDelivery, ...]
    # Message-IDs of the mail that a bounce is about.
    returned_ids: tuple[str, ...]
    invitation: Invitation | None
    remarks: tuple[Remark, ...]
    files: tuple[ParsedFile, ...] = ()

    def described(self) -> dict[str, Any]:
        """Everything but the contents of the files, of which only the sizes are told."""
        described = asdict(self)
        described["files"] = [[*file[:3], len(file.content)] for file in self.files]
        return described


def from_description(described: dict[str, Any], contents: list[bytes]) -> ParsedMail:
    """The reverse of `described`; `contents` of the files in their order."""
    values: dict[str, Any] = {key: _tuple(value) for key, value in described.items()}
    sender, invitation = described["sender"], described["invitation"]
    return ParsedMail(
        **values
        | {
            "sender": Address(*sender) if sender else None,
            **{
                field: tuple(Address(*one) for one in described[field])
                for field in ("to", "cc", "reply_to")
            },
            "nature": Nature(described["nature"]),
            "authentication": tuple(
                AuthenticationResult(*one) for one in described["authentication"]
            ),
            "failed": tuple(FailedDelivery(*one) for one in described["failed"]),
            "invitation": Invitation(*invitation) if invitation else None,
            "remarks": tuple(map(Remark, described["remarks"])),
            "files": tuple(
                ParsedFile(file[0], file[1], file[2], content)
                for file, content in zip(described["files"], contents, strict=True)
            ),
        }
    )


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
