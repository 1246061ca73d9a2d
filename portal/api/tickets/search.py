"""The parameter `q` of `/tickets`: what it says, and what is answered to mistakes in it."""

from portal.errors import Invalid
from portal.models.people import Actor
from portal.queries.tickets.lists import typed_query
from portal.queries.tickets.lists.ticket_filter import TicketFilter
from portal.search_language.fields import FIELDS, Field, Kind
from portal.web.templating.search_texts import problem

_TAKES = {
    Kind.DAY: "a day (`2026-11-30`, `today`), a month, a year, or `7d`, `2w` until now",
    Kind.PERSON: "a name, an address, an id, `me`",
    Kind.ORGANIZATION: "the beginning of a name, or an id",
    Kind.TEXT: "a text",
    Kind.END_OF_DAY: "a day",
    Kind.DURATION: "a duration: `90s`, `15m`, `2h`, `3d`, `2w`",
}


def _described(field: Field) -> str:
    takes = ", ".join(f"`{value}`" for value in field.values) or _TAKES[field.kind]
    return f"- `{field.name}`: {takes}"


_FIELDS = "\n".join(_described(field) for field in dict.fromkeys(FIELDS.values()))
# The description of `q` in the document.
SEARCH = f"""\
Words, each in any of its forms, all of which have to be there; a ticket's number; \
`"exact words"`; `-word` or `NOT word` for those without; `OR`, and brackets.

The staff search by fields, too: `status:open,pending`, `priority>=high`, `created:2026-11-01..`, \
`requester:"Hugo Brandt"`. Days are those of UTC; those of \
`filed`, `answered`, `solved`, `reopened`, `rated` and `unsolved_on` are the desk's, as in the \
statistics. A mistake is answered with 422 and its place in \
`errors.q`; a quotation mark or bracket that is not closed ends with the text. A name that is no \
field's is text. The fields:

{_FIELDS}
"""


def require_understood(actor: Actor, wanted: TicketFilter, *, sort: str | None) -> None:
    """Raise Invalid for a `q` with mistakes, or an order that there is not with it."""
    typed = typed_query.understand(actor, wanted)
    wrong = [mistake for mistake in typed.mistakes if not mistake.is_unfinished]
    if wrong:
        raise Invalid(q=[problem(mistake, wanted.q) for mistake in wrong])
    if sort and sort != typed.filter.order:
        raise Invalid(sort="not_with_this")
