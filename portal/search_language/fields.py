"""The fields that a search can name: one table for the parser, the help and the API's document."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from portal.models.tickets import Channel, Priority, Rating, TicketStatus

# For tickets that have no type, department or language.
NONE = "none"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Kind(Enum):
    """What a field's values are."""

    CHOICE = "one of a few words"
    RANK = "one of a few words that have an order"
    DAY = "a day, a month or a span"
    PERSON = "a name, an address or an id"
    ORGANIZATION = "a name or an id"
    TEXT = "free text"
    # Without an order: what is asked is how things stood at its end.
    END_OF_DAY = "one day"
    DURATION = "a number of seconds, minutes, hours, days or weeks"


@dataclass(frozen=True, slots=True)
class Field:
    """A field, with the words that it knows if they are few."""

    name: str
    kind: Kind
    values: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()

    @property
    def has_order(self) -> bool:
        """Whether values can be less or more than others."""
        return self.kind in {Kind.RANK, Kind.DAY, Kind.DURATION}


_ALL = (
    Field("status", Kind.CHOICE, tuple(TicketStatus)),
    Field("priority", Kind.RANK, tuple(priority.word for priority in Priority)),
    Field("assignee", Kind.PERSON),
    Field("requester", Kind.PERSON, aliases=("from",)),
    Field("organization", Kind.ORGANIZATION, aliases=("org", "company")),
    Field("tag", Kind.TEXT, aliases=("tags",)),
    Field("product", Kind.TEXT, aliases=("products",)),
    Field("channel", Kind.CHOICE, tuple(Channel)),
    Field("type", Kind.TEXT),
    Field("department", Kind.TEXT),
    Field("language", Kind.TEXT, aliases=("lang",)),
    Field("created", Kind.DAY),
    Field("updated", Kind.DAY),
    # As the statistics count, in the desk's days.
    Field("filed", Kind.DAY),
    Field("answered", Kind.DAY),
    Field("solved", Kind.DAY),
    Field("reopened", Kind.DAY),
    Field("rated", Kind.DAY),
    Field("unsolved_on", Kind.END_OF_DAY),
    Field("rating", Kind.CHOICE, tuple(Rating)),
    Field("weekday", Kind.CHOICE, WEEKDAYS),
    Field("hour", Kind.RANK, tuple(map(str, range(24)))),
    Field("first_answer", Kind.DURATION),
    Field("solution", Kind.DURATION),
    Field("has", Kind.CHOICE, ("attachment",)),
    Field("is", Kind.CHOICE, ("unsolved", "unassigned", "mine")),
)
# By name and by alias.
FIELDS: Mapping[str, Field] = {
    name: field for field in _ALL for name in (field.name, *field.aliases)
}
# Customers search by words alone.
NO_FIELDS: Mapping[str, Field] = {}
