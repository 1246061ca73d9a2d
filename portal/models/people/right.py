"""Right: what one member of staff may do beyond answering tickets. Admins have all of them.

One limits instead: who has it sees the tickets of their own departments alone.
"""

from collections.abc import Iterable
from enum import StrEnum


class Right(StrEnum):
    """In the order of the pages that show them."""

    STATISTICS = "statistics"
    EXPORTS = "exports"
    PEOPLE = "people"
    SETTINGS = "settings"
    TEMPLATES = "templates"
    RIGHTS = "rights"
    # Takes away instead of giving: `Actor.sight`.
    OWN_DEPARTMENTS = "own_departments"


def to_text(rights: Iterable[Right]) -> str:
    """As the columns keep them: words in the order of `Right`."""
    held = frozenset(rights)
    return " ".join(right for right in Right if right in held)


def from_text(text: str) -> frozenset[Right]:
    """The rights of such a column. A word of another version gives nothing."""
    words = set(text.split())
    return frozenset(right for right in Right if right in words)
