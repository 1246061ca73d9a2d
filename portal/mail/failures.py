"""Why a message did not leave, as far as we know: this time, or ever."""

import re

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")


def as_reason(text: str) -> str:
    """One line for operators that any database can keep, whatever a server wrote into it."""
    return _UNPRINTABLE.sub(" ", text).strip()[:500]


class DeliveryFailure(Exception):
    """The text is the reason, as one line."""

    def __init__(self, reason: str) -> None:
        super().__init__(as_reason(reason))


class TemporaryFailure(DeliveryFailure):
    """The server did not take this message now, or did not say so."""


class ServerFailure(TemporaryFailure):
    """Nothing was said about this message: the server is away, closing, or set up wrongly."""


class PermanentFailure(DeliveryFailure):
    """The server said no to this message or its recipient, and would say so again."""
