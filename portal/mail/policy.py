"""How headers are written out, where the standard policy does it wrongly.

Seen in Python 3.11: between two encoded words of a long Cyrillic subject the space is lost, and a
reference that is too long for a line is encoded, after which nobody recognises the thread.
"""

from email.header import Header
from email.policy import EmailPolicy
from typing import Any

_REFERENCES = frozenset({"in-reply-to", "references"})
_LINE = 76


class MailPolicy(EmailPolicy):
    """`email.policy.SMTP`, seven-bit, so that no server on the way has to understand more."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"linesep": "\r\n", "cte_type": "7bit", **options})

    def fold(self, name: str, value: Any) -> str:
        """The header's lines, with their ends."""
        if name.lower() == "subject":
            return f"{name}: {self._words(name, str(value))}{self.linesep}"
        if name.lower() in _REFERENCES:
            return f"{name}: {value}{self.linesep}"
        folded: str = super().fold(name, value)
        return folded

    def fold_binary(self, name: str, value: Any) -> bytes:
        """As `fold`, in bytes."""
        return self.fold(name, value).encode("ascii")

    def _words(self, name: str, text: str) -> str:
        # Encoded as a whole, so that the spaces are inside of the encoded words.
        short = all(len(word) < _LINE // 2 for word in text.split(" "))
        plain = short and text.isascii() and "=?" not in text
        header = Header(text, "us-ascii" if plain else "utf-8", _LINE, header_name=name)
        return str(header.encode(linesep=self.linesep))
