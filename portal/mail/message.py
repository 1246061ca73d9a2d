"""A composed mail: envelope and bytes."""

import re
from dataclasses import dataclass
from email import policy

# For the MIME parts, whose headers contain no user input. Seven-bit, which every server on the
# way supports.
PARTS = policy.SMTP.clone(cte_type="7bit")
# All header fields that we send, each once at most. Others can only come from injection.
FIELDS = (
    "Date",
    "Message-ID",
    "From",
    "To",
    "Reply-To",
    "In-Reply-To",
    "References",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "Subject",
    "Content-Type",
    "MIME-Version",
)
# RFC 5322, 2.1.1, without the line end.
_LONGEST = 998
_LINE = re.compile(rb"(?:([!-9;-~]+):)?[ \t]+[ -~]*[!-~]")
_BODY = re.compile(rb"[\t -~]*(?:\r\n[\t -~]*)*")
_ADDRESS = re.compile(r"[!-;=?-~]+@[!-;=?-~]+")


@dataclass(frozen=True, slots=True)
class Message:
    """`sender` and `recipient` are those of the envelope.

    `has_own_sender`: it is not the desk's usual one, so a server that refuses it may take others.
    Raises ValueError unless all lines are seven-bit and end in CRLF, and the header has only
    FIELDS.
    """

    message_id: str
    sender: str
    recipient: str
    data: bytes
    has_own_sender: bool = False

    def __post_init__(self) -> None:
        for address in (self.sender, self.recipient):
            if not _ADDRESS.fullmatch(address):
                raise ValueError("an address of the envelope is none")
        head, _, body = self.data.partition(b"\r\n\r\n")
        _check_header(head)
        if not _BODY.fullmatch(body) or max(map(len, body.split(b"\r\n"))) > _LONGEST:
            raise ValueError("the body is not of seven-bit lines")


def _check_header(head: bytes) -> None:
    seen: list[str] = []
    for line in head.split(b"\r\n"):
        found = _LINE.fullmatch(line) if len(line) <= _LONGEST else None
        if found is None:
            raise ValueError("a line of the header is none")
        if found[1] is not None:
            seen.append(found[1].decode("ascii"))
        elif not seen:
            raise ValueError("the header begins with a continuation")
    if len(seen) != len(set(seen)) or not set(seen) <= set(FIELDS):
        raise ValueError("the header has a field that was not meant")
