"""What a setting is that administrators may change, and the pages on which they do.

A value is stored as the text that the environment would hold, so the same functions read both, and
a stored text that no longer fits is refused as it would be there.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Any

from portal.i18n import LazyText
from portal.i18n import lazy_gettext as _

_DOES_NOT_FIT = _("This does not fit.")
Choices = tuple[tuple[str, object], ...]


class Group(StrEnum):
    """A page of settings each, in their order."""

    IDENTITY = "identity"
    MAIL = "mail"
    ACCESS = "access"
    TICKETS = "tickets"
    UPLOADS = "uploads"
    RETENTION = "retention"
    ASSISTANCE = "assistance"


GROUP_LABELS = {
    Group.IDENTITY: _("Name and colour"),
    Group.MAIL: _("Mail and answers"),
    Group.ACCESS: _("Access"),
    Group.TICKETS: _("Filing"),
    Group.UPLOADS: _("Uploads"),
    Group.RETENTION: _("Retention"),
    Group.ASSISTANCE: _("Assistance"),
}


class Kind(Enum):
    """How a setting is typed in."""

    LINE = auto()
    COLOUR = auto()
    # A file of its own instead of a text.
    PICTURE = auto()
    NUMBER = auto()
    CHOICE = auto()
    # Any of the choices, separated by commas.
    SEVERAL = auto()
    # A line each, separated by commas.
    LIST = auto()


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """`name` is the environment's, `key` that of the config; `PRODUCT.name` is a part of a value.

    `read` raises ConfigError; `write` makes the text of a value again.
    """

    name: str
    key: str
    group: Group
    kind: Kind
    label: LazyText
    read: Callable[[Mapping[str, str]], Any]
    write: Callable[[Any], str]
    help: LazyText | None = None
    # What to say of a text that `read` refuses.
    refusal: LazyText = _DOES_NOT_FIT
    choices: Choices = ()
    least: int = 0
    most: int = 0
    max_length: int = 200
    # Nothing typed is refused.
    needed: bool = False
    # Changed only by who has just proved that it is they: it opens doors, or deletes.
    dangerous: bool = False

    @property
    def field(self) -> str:
        """The name of its field in forms."""
        return self.name.lower()

    def read_text(self, text: str) -> Any:
        """The value of a text. Raises ConfigError. Nothing typed is no value."""
        return self.read({self.name: text})

    def of(self, config: Mapping[str, Any]) -> Any:
        """Its value in a config."""
        key, _dot, part = self.key.partition(".")
        return getattr(config[key], part) if part else config[key]
