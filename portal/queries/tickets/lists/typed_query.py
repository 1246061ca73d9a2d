"""What is typed into the search box: words for the index, filters, and conditions of their own.

Comparisons that a filter of the list can express become that filter, so that the list is read by
its index; the others are checked row by row.
"""

from dataclasses import dataclass, replace

from portal.models.people import Actor
from portal.queries.tickets.lists.ticket_filter import ME, NOBODY, TicketFilter, View, normal_id
from portal.search_language.mistakes import Mistake
from portal.search_language.parser import parse_once
from portal.search_language.tree import (
    Comparison,
    Operator,
    Tree,
    conjunction,
    conjuncts,
    has_fields,
)

_IS = {"mine": ME, "unassigned": NOBODY}


@dataclass(frozen=True, slots=True)
class TypedQuery:
    """A filter whose `q` was read.

    `text` has words and phrases alone, `fields` are the rest; all of `filter`, `text` and `fields`
    have to match. With `is_nothing` no ticket does. The filter has no `q` where there is no `text`.
    """

    filter: TicketFilter
    text: Tree | None
    fields: tuple[Tree, ...]
    mistakes: tuple[Mistake, ...]
    is_nothing: bool


def understand(actor: Actor, wanted: TicketFilter) -> TypedQuery:
    """Read what was typed. For customers fields are words."""
    parsed = parse_once(wanted.q, with_fields=actor.is_staff)
    texts, fields = [], []
    filtered = wanted
    for part in conjuncts(parsed.tree):
        if not has_fields(part):
            texts.append(part)
        elif narrowed := _as_filter(filtered, part):
            filtered = narrowed
        else:
            fields.append(part)
    return TypedQuery(
        filter=filtered if texts or not filtered.q else replace(filtered, q=""),
        text=conjunction(tuple(texts)),
        fields=tuple(fields),
        mistakes=parsed.mistakes,
        is_nothing=bool(wanted.q) and parsed.tree is None,
    )


def _as_filter(wanted: TicketFilter, part: Tree) -> TicketFilter | None:
    """`wanted` with a comparison as one of its filters; None if it cannot be that."""
    match part:
        case Comparison("is", Operator.IS, ("unsolved",)) if wanted.view is View.ALL:
            return replace(wanted, view=View.UNSOLVED)
        case Comparison("is", Operator.IS, (word,)):
            name, value = "assignee", _IS.get(word, "")
        case Comparison(name, Operator.IS, (word,)):
            value = _value(name, word)
        case _:
            return None
    # Views of who has a ticket come before the filter by assignee.
    taken = name == "assignee" and wanted.view in {View.MINE, View.UNASSIGNED}
    if not value or taken or getattr(wanted, name):
        return None
    return replace(wanted, **{name: value})  # type: ignore[arg-type]


def _value(name: str, word: str) -> str:
    """`word` as a value of the filter `name`; empty if that cannot have it."""
    match name:
        case "assignee" | "requester" | "organization" | "product":
            return normal_id(name, word)
        case "tag":
            return word.lower()
        case "status" | "priority" | "channel":
            return word
    return ""
