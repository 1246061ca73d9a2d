"""Tags of tickets."""

import re
from collections.abc import Iterable, Sequence

from sqlalchemy import delete, select

from portal.bulk_statements import insert_missing
from portal.errors import Invalid
from portal.extensions import db
from portal.models.tickets import Tag, Ticket, TicketTag
from portal.models.tickets.tag import MAX_LENGTH

MAX_TAGS = 20
# Of the typed line with all tags.
MAX_LINE = 2000
_SEPARATORS = re.compile(r"[\s,;]+")


def clean_names(names: Iterable[str]) -> list[str]:
    """Split by spaces and commas, in lower case, without duplicates, sorted.

    Raises Invalid for more than MAX_TAGS, or one over MAX_LENGTH characters.
    """
    words = {word for name in names for word in _SEPARATORS.split(name.lower()) if word}
    if len(words) > MAX_TAGS:
        raise Invalid(tags="too_many")
    if any(len(word) > MAX_LENGTH for word in words):
        raise Invalid(tags="too_long")
    return sorted(words)


def names_of(ticket: Ticket) -> list[str]:
    """The ticket's tags, sorted."""
    query = select(Tag.name).join(TicketTag).where(TicketTag.ticket_id == ticket.id)
    return sorted(db.session.scalars(query))


def ids_for(names: Sequence[str]) -> dict[str, int]:
    """Tag ids by name, creating missing tags. `names` are sorted."""
    found = _known(names)
    if missing := [{"name": name} for name in names if name not in found]:
        # Waits for concurrent transactions that insert the same tag, and uses theirs.
        insert_missing(Tag, missing)
        found = _known(names)
    return found


def _known(names: Sequence[str]) -> dict[str, int]:
    rows = db.session.execute(select(Tag.name, Tag.id).where(Tag.name.in_(names)))
    return {row.name: row.id for row in rows}


def replace(*, ticket: Ticket, names: Sequence[str]) -> None:
    """Set the tags of `ticket` to `names` (as `clean_names` returns them)."""
    db.session.execute(delete(TicketTag).where(TicketTag.ticket_id == ticket.id))
    ids = ids_for(names)
    db.session.add_all(TicketTag(ticket_id=ticket.id, tag_id=ids[name]) for name in names)
    db.session.flush()
