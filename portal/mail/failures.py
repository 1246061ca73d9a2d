"""Why a message was not delivered: temporarily or permanently."""

import re

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")


def as_reason(text: str) -> str:
    """`text` as one printable line of at most 500 characters, which any database can store."""
    return _UNPRINTABLE.sub(" ", text).strip()[:500]


class DeliveryFailure(Exception):
    """The text is the reason, as one line."""

    def __init__(self, reason: str) -> None:
        super().__init__(as_reason(reason))


class TemporaryFailure(DeliveryFailure):
    """The server rejected this message for now, or its answer is not known."""


class ServerFailure(TemporaryFailure):
    """Says nothing about this message: the server is unreachable, closing or misconfigured."""


class PermanentFailure(DeliveryFailure):
    """The server rejected this message or its recipient, and would do so again."""
