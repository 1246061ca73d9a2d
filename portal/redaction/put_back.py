"""Put values back in place of their placeholders, also while the text still comes."""

import re
from collections.abc import Mapping

from portal.redaction.kinds import Kind

_PLACEHOLDER = re.compile(r"\[[A-Z]{2,10}_\d{1,5}\]", re.ASCII)
_ANY = re.compile(rf"{_PLACEHOLDER.pattern}|\[(?:{'|'.join(Kind)})\]", re.ASCII)
# What may become one with the next piece.
_BEGUN = re.compile(r"\[(?:[A-Z]{0,10}|[A-Z]{2,10}_\d{0,5})\Z", re.ASCII)


def placeholders(text: str) -> list[str]:
    """Those that stand in it, each once; also those without a number, of `Redactor.remove`."""
    return list(dict.fromkeys(_ANY.findall(text)))


class PutBack:
    """Takes a text in pieces, and gives it with values in place of placeholders.

    Once: what a value looks like is not read again. Unknown placeholders stay.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self._held = ""

    def feed(self, piece: str) -> str:
        """What is certain by now; a placeholder that has begun is held until it ends."""
        text = self._held + piece
        begun = _BEGUN.search(text)
        cut = begun.start() if begun else len(text)
        self._held = text[cut:]
        return self._filled(text[:cut])

    def end(self) -> str:
        """What was held."""
        rest, self._held = self._held, ""
        return self._filled(rest)

    def _filled(self, text: str) -> str:
        return _PLACEHOLDER.sub(lambda found: self._values.get(found[0], found[0]), text)
