"""Translates the words of another desk for status, priority, type and channel into ours."""

from collections.abc import Mapping

from portal.importers.fields import CHOICES, Field
from portal.importers.systems import System
from portal.models.tickets import Channel, FirstType, Priority, TicketStatus

OURS = {
    Field.STATUS: tuple(status.value for status in TicketStatus),
    Field.PRIORITY: tuple(priority.word for priority in Priority),
    Field.TYPE: tuple(kind.value for kind in FirstType),
    Field.CHANNEL: tuple(channel.value for channel in Channel),
}
# What is left out, not refused, when its word is unknown: desks make up types and channels.
_MAY_BE_LEFT_OUT = {Field.TYPE, Field.CHANNEL}
EVERY_OTHER = "*"
# What most systems call ways in. Those that this desk does not have leave the value out.
_CHANNELS = {
    "email": Channel.MAIL.value,
    "e-mail": Channel.MAIL.value,
    "telephone": Channel.PHONE.value,
    **dict.fromkeys(("chat", "other", "note"), ""),
}


class UnknownWord(ValueError):
    """A word that no table knows."""


class Words:
    """The tables of `system`, with those of the operator before them.

    An empty word of ours leaves the value out.
    """

    def __init__(
        self,
        system: System,
        given: Mapping[Field, Mapping[str, str]],
        types: Mapping[str, str] | None = None,
    ) -> None:
        """`types` are this desk's own: keys by what they are called."""
        self._strict = system.strict
        self._tables = {
            field: {
                **{word: word for word in OURS[field]},
                **(_CHANNELS if field is Field.CHANNEL and not system.strict else {}),
                **system.words.get(field, {}),
                **(_normal_keys(types or {}) if field is Field.TYPE else {}),
                **_normal_keys(given.get(field, {})),
            }
            for field in CHOICES
        }

    def translate(self, field: Field, text: str) -> str | None:
        """Our word, or None for nothing. Raises UnknownWord, unless it may be left out."""
        word, table = normal(text), self._tables[field]
        if not word:
            return None
        found = table.get(word, table.get(EVERY_OTHER))
        if found is None and (self._strict or field not in _MAY_BE_LEFT_OUT):
            hint = "" if self._strict else f"; say --map-value '{field}:{word[:40]}=…'"
            raise UnknownWord(f"{word[:40]!r} is none of {', '.join(OURS[field])}{hint}")
        return found or None

    def knows(self, field: Field, text: str) -> bool:
        """Whether a table has the word."""
        table = self._tables[field]
        return normal(text) in table or EVERY_OTHER in table


def _normal_keys(table: Mapping[str, str]) -> dict[str, str]:
    return {normal(word): ours for word, ours in table.items()}


def normal(word: str) -> str:
    """A word as it is compared."""
    return " ".join(word.split()).casefold()
