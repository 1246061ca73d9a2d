"""What the search box says: its help, and the sentences of mistakes."""

from collections.abc import Mapping
from typing import NamedTuple

from portal.i18n import lazy_gettext as _
from portal.search_language.fields import FIELDS
from portal.search_language.mistakes import Mistake, MistakeKind


class Example(NamedTuple):
    """A search, and what it finds. `is_general`: it finds something on every desk."""

    q: str
    text: object
    is_general: bool = True


# For everybody.
WORD_EXAMPLES = (
    Example('"hot water"', _("exactly these words"), is_general=False),
    Example("printer -toner", _("the first word without the second"), is_general=False),
    Example("printer OR scanner", _("any of the two"), is_general=False),
)
# For the staff, by field.
FIELD_EXAMPLES: Mapping[str, Example] = {
    "status": Example("status:open,pending", _("in any of these states")),
    "is": Example("is:unassigned", _("nobody's; or: unsolved, mine")),
    "priority": Example("priority>=high", _("as urgent as this or more")),
    "assignee": Example("assignee:me", _("given to somebody: a name, me, none")),
    "requester": Example(
        'requester:"Hugo Brandt"', _("filed by somebody: a name or an address"), is_general=False
    ),
    "organization": Example(
        "organization:acme", _("of an organization whose name begins so"), is_general=False
    ),
    "tag": Example("tag:billing", _("with a tag"), is_general=False),
    "product": Example(
        'product:"blue mug"', _("about a product: its name, article or number"), is_general=False
    ),
    "created": Example("created:7d", _("filed within seven days; or: 2026-11, today")),
    "updated": Example("updated<2026-11-01", _("not changed since a day; or: ..2026-10-31")),
    "channel": Example("channel:api", _("that came by a way: page, phone, api, mail, import")),
    "type": Example("type:incident", _("of a type, by the word that programs know it by")),
    "department": Example("department:sales", _("of a department"), is_general=False),
    "language": Example("language:ru", _("in a language")),
    "filed": Example("filed:2026-11", _("filed on days of the desk, as in the statistics")),
    "answered": Example("answered:7d", _("first answered within seven days")),
    "solved": Example("solved:2026-11-01..", _("solved since a day")),
    "reopened": Example("reopened:30d", _("opened again within a month")),
    "rated": Example("rated:30d", _("rated by the customer within a month")),
    "rating": Example("rating:bad", _("rated good or bad")),
    "unsolved_on": Example("unsolved_on:yesterday", _("unsolved at the end of a day")),
    "weekday": Example("weekday:mon,tue", _("filed on a day of the week: mon to sun")),
    "hour": Example("hour:9..17", _("filed at an hour of the day: 0 to 23")),
    "first_answer": Example("first_answer>4h", _("that waited so long for a first answer")),
    "solution": Example("solution>2d", _("that took so long: s, m, h, d, w")),
    "has": Example("has:attachment", _("with a file")),
    "words": Example("printer -(status:closed OR tag:spam)", _("all of it together")),
}
_SENTENCES = {
    MistakeKind.UNKNOWN_FIELD: _(
        "There is no field “%(place)s”. To look for the text itself, put it in quotes."
    ),
    MistakeKind.UNKNOWN_VALUE: _("“%(place)s” is none of: %(values)s."),
    MistakeKind.NO_DAY: _(
        "“%(place)s” is not a day. Write it as 2026-11-30, 2026-11, today, yesterday or 7d."
    ),
    MistakeKind.NO_DURATION: _("“%(place)s” is not a duration. Write it as 90s, 15m, 2h or 3d."),
    MistakeKind.NO_ORDER: _("“%(field)s” cannot be more or less. Use a colon."),
    MistakeKind.ONE_VALUE: _("This can be compared with one value only."),
    MistakeKind.TOO_DEEP: _("There are too many brackets within each other."),
    MistakeKind.NO_VALUE: _("Say what “%(field)s” is to be: %(values)s."),
    MistakeKind.OPEN_QUOTE: _("These exact words have no quotation mark at their end."),
    MistakeKind.OPEN_BRACKET: _("This bracket is not closed."),
    MistakeKind.LONELY_OPERATOR: _("Something is missing beside “%(place)s”."),
}


def sentence(mistake: Mistake, q: str) -> str:
    """What is wrong in the search `q`."""
    field = FIELDS.get(mistake.field)
    example = FIELD_EXAMPLES[mistake.field].q if mistake.field else ""
    values = ", ".join(field.values) if field and field.values else example
    return _SENTENCES[mistake.kind] % {
        "place": mistake.place.of(q),
        "field": mistake.field,
        "values": values,
    }


class MistakeNote(NamedTuple):
    """A mistake for a page: the search around its place, the sentence, and what was meant."""

    before: str
    place: str
    after: str
    sentence: str
    meant: str
    mended: str
    is_unfinished: bool


def note(mistake: Mistake, q: str) -> MistakeNote:
    """The mistake of the search `q` as a page shows it."""
    return MistakeNote(
        q[: mistake.place.start],
        mistake.place.of(q),
        q[mistake.place.end :],
        sentence(mistake, q),
        mistake.mended_term(q) if mistake.meant else "",
        mistake.mended(q) if mistake.meant else "",
        mistake.is_unfinished,
    )


def problem(mistake: Mistake, q: str) -> dict[str, object]:
    """The mistake of the search `q` as the API answers it."""
    found: dict[str, object] = {
        "code": mistake.kind.value,
        "detail": sentence(mistake, q),
        "start": mistake.place.start,
        "end": mistake.place.end,
    }
    return found | ({"meant": mistake.mended(q)} if mistake.meant else {})
