"""Why a message did not leave, as far as we know: this time, or ever."""

import re

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]+")


class DeliveryFailure(Exception):
    """The text is the reason: one line for operators, whatever a server wrote into it."""

    def __init__(self, reason: str) -> None:
        super().__init__(_UNPRINTABLE.sub(" ", reason).strip()[:500])


class TemporaryFailure(DeliveryFailure):
    """Nothing is wrong with the message: the server is away, busy, or set up wrongly."""


class PermanentFailure(DeliveryFailure):
    """The server said no to this message or its recipient, and would say so again."""
