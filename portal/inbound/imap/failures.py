"""Why a mailbox cannot be fetched, in one of a few standard words."""

import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError

from portal.models.inbound import FailureReason
from portal.security.delivery.outbound import OutboundError

_UNPRINTABLE = re.compile(r"[\x00-\x20\x7f-\x9f\ud800-\udfff]+")
# What servers write when they want to be left alone for a while, RFC 5530 among it.
_LIMITS = re.compile(r"OVERQUOTA|\[LIMIT\]|throttl|too many|quota|rate limit|\[UNAVAILABLE\]", re.I)
_OUTBOUND = {
    "url": "this host, port or lack of TLS is not allowed: see OUTBOUND_ALLOW",
    "unreachable": "not found, not public, or no answer: see OUTBOUND_ALLOW",
    "timeout": "no answer in time",
    "tls": "no secure connection",
    "answer": "the connection broke, or the answer was none",
}


class MailboxUnreachable(Exception):
    """`detail` is what the server said, as one printable line."""

    def __init__(self, reason: FailureReason, detail: str) -> None:
        self.reason, self.detail = reason, one_line(detail)
        super().__init__(f"{reason}: {self.detail}")


def one_line(text: str) -> str:
    """`text` as one printable line, which any database can store."""
    return _UNPRINTABLE.sub(" ", text).strip()[:300]


@contextmanager
def as_unreachable() -> Iterator[None]:
    """Raise what goes wrong in the block, between us and the server, as MailboxUnreachable."""
    try:
        yield
    except OutboundError as error:
        reason = FailureReason.TLS if error.code == "tls" else FailureReason.CONNECTION
        cause = f" ({error.__cause__})" if error.__cause__ else ""
        raise MailboxUnreachable(reason, f"{_OUTBOUND[error.code]}{cause}") from error
    except ssl.SSLError as error:
        raise MailboxUnreachable(FailureReason.TLS, str(error)) from error
    except (IMAPClientAbortError, OSError) as error:
        raise _server_failure(FailureReason.CONNECTION, error) from error
    except IMAPClientError as error:
        raise _server_failure(FailureReason.OTHER, error) from error


@contextmanager
def as_refused(reason: FailureReason) -> Iterator[None]:
    """Raise a refusal in the block with that reason, unless the server gives another."""
    try:
        yield
    except IMAPClientAbortError:
        raise
    except IMAPClientError as error:
        if isinstance(error, LoginError) and isinstance(error.__context__, IMAPClientAbortError):
            # The library makes a refusal of a lost connection.
            raise error.__context__ from None
        raise _server_failure(reason, error) from error


def _server_failure(reason: FailureReason, error: Exception) -> MailboxUnreachable:
    said = str(error)
    return MailboxUnreachable(
        FailureReason.QUOTA if _LIMITS.search(said) else reason, said or type(error).__name__
    )
