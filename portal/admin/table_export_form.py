"""The form that asks for an export: which rows and columns of a table, and the kind of file."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

from portal.i18n import gettext
from portal.i18n import lazy_gettext as _
from portal.models.operations import FileFormat, TableKind
from portal.models.operations.table_export import OF_TICKETS
from portal.queries.operations import table_exports
from portal.queries.operations.export_tables.tables import TABLES
from portal.queries.tickets import saved_views
from portal.queries.tickets.lists.ticket_filter import MAX_QUERY, TicketFilter, View, mistaken
from portal.rhythm import Every, Rhythm
from portal.services.operations.table_exports import Order
from portal.web.forms import CheckboxesField, ChoiceField, DayField, Form, LineField
from portal.web.people.sessions import actor
from portal.web.templating.labels import VIEW_LABELS

_FORMATS = ((FileFormat.CSV.value, "CSV"), (FileFormat.XLSX.value, "Excel (XLSX)"))


_HOURS = tuple((str(hour), f"{hour:02d}:00") for hour in range(24))
# Without one it is made at once.
EVERY = (
    ("", _("Once, now")),
    (Every.DAY.value, _("Every day, of the day before")),
    (Every.WEEK.value, _("Every week, of the week before")),
    (Every.MONTH.value, _("On the first, of the month before")),
)
WEEKDAYS = (
    ("0", _("Monday")),
    ("1", _("Tuesday")),
    ("2", _("Wednesday")),
    ("3", _("Thursday")),
    ("4", _("Friday")),
    ("5", _("Saturday")),
    ("6", _("Sunday")),
)


class RhythmForm(Form):
    """When an export is made again and again."""

    every = ChoiceField(_("How often"), pairs=EVERY[1:], default=Every.WEEK.value)
    weekday = ChoiceField(_("Weekday"), pairs=WEEKDAYS, default="0")
    hour = ChoiceField(_("Time"), pairs=_HOURS, default="7")

    @property
    def rhythm(self) -> Rhythm | None:
        """None for once."""
        if not self.every.data:
            return None
        return Rhythm(Every(self.every.data), int(self.hour.data), int(self.weekday.data))


class TableExportForm(RhythmForm):
    """`query` and `q` are of tables of tickets alone."""

    query = ChoiceField(_("Which tickets"), pairs=(), default="")
    q = LineField(
        _("Search"), max_length=MAX_QUERY, description=_("As in the queue: words, or status:open.")
    )
    since = DayField(_("From"))
    until = DayField(_("To, that day included"))
    columns = CheckboxesField(_("Columns"), default=())
    format = ChoiceField(_("File"), pairs=_FORMATS, default=FileFormat.CSV.value)
    every = ChoiceField(_("How often"), pairs=EVERY, default="")

    def __init__(self, kind: TableKind, args: Mapping[str, str], **kwargs: Any) -> None:
        """`args` may hold a filter of the queue, to begin with."""
        super().__init__(**kwargs)
        columns = TABLES[kind].columns
        self.kind = kind
        self.columns.choices = [(name, column.label) for name, column in columns.items()]
        if kind in OF_TICKETS:
            self.query.pairs = _queries(args, self.query.data)
        else:
            del self.query, self.q

    @classmethod
    def begun(cls, kind: TableKind, args: Mapping[str, str]) -> "TableExportForm":
        """With the columns of the last time, and the filter that the page is asked for with."""
        known = TABLES[kind].columns
        last = table_exports.last_columns(actor(), kind) or TABLES[kind].usual
        data = {
            "columns": [name for name in last if name in known] or TABLES[kind].usual,
            "query": _query_of(args),
            "q": args.get("q", ""),
        }
        return cls(kind, args, formdata=None, data=data)

    @property
    def order(self) -> Order:
        """What is asked for. The columns are in the order of the table."""
        chosen = set(self.columns.data or ())
        return Order(
            self.kind,
            FileFormat(self.format.data),
            tuple(name for name in TABLES[self.kind].columns if name in chosen),
            _joined(self.query.data, self.q.data) if self.kind in OF_TICKETS else "",
            self.since.begin(),
            self.until.end(),
        )

    def validate_columns(self, field: CheckboxesField) -> None:
        """At least one."""
        if not field.data:
            self.add_error("columns", "required")


def _queries(args: Mapping[str, str], chosen: str) -> Sequence[tuple[str, Any]]:
    """Filters as the queue's address has them: views, saved views, and what is asked with."""
    found: dict[str, Any] = {"": gettext("All tickets")}
    found |= {f"view={view}": VIEW_LABELS[view] for view in View if view is not View.ALL}
    found |= {
        row.filter.to_query(saved="", sort=row.filter.view.sort): row.name
        for row in saved_views.visible(actor())
        if not row.unknown
    }
    for query in (_query_of(args), chosen or ""):
        if query not in found and not mistaken(dict(parse_qsl(query))):
            found[query] = gettext("As in the queue")
    return tuple(found.items())


def _query_of(args: Mapping[str, str]) -> str:
    """The filter of the queue in a page's address, without its words; empty for none."""
    wrong = mistaken(args)
    known = {name: value for name, value in args.items() if name not in {*wrong, "kind", "q"}}
    wanted = TicketFilter.from_args(known)
    query = wanted.to_query(saved="", sort=wanted.view.sort)
    return "" if query == "view=all" else query


def _joined(query: str, words: str) -> str:
    """A filter with words in the place of its own, if there are any."""
    if not words:
        return query
    return urlencode({**dict(parse_qsl(query)), "q": words})
