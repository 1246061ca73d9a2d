"""The list behind each number: a query of the queue that finds exactly its tickets. No database.

Values that tickets do not have are empty, as in the cells.
"""

from portal.models.organizations.organization import format_id as format_organization
from portal.models.people.user import format_id as format_user
from portal.models.products.product import format_id as format_product
from portal.models.statistics import Dimension, Measure
from portal.models.tickets import Priority
from portal.queries.statistics.narrowing import Narrowing
from portal.queries.statistics.period import Period
from portal.queries.tickets.lists.ticket_filter import NOBODY, TicketFilter
from portal.search_language.fields import NONE, WEEKDAYS

_HAPPENED = {
    Measure.FILED: "filed:{days}",
    Measure.ANSWERED: "answered:{days}",
    Measure.SOLVED: "solved:{days}",
    Measure.REOPENED: "reopened:{days}",
    Measure.GOOD: "rated:{days} rating:good",
    Measure.BAD: "rated:{days} rating:bad",
    Measure.UNSOLVED: "filed:{days} is:unsolved",
}
# What tickets may lack: a filter has no word for that, a search has.
_LACKED = {Dimension.TYPE, Dimension.DEPARTMENT, Dimension.LANGUAGE}


def happened(
    narrowing: Narrowing,
    measure: Measure,
    period: Period,
    dimension: Dimension = Dimension.TOTAL,
    value: str = "",
) -> str:
    """The tickets of a sum."""
    return _query(narrowing, _HAPPENED[measure].format(days=period), dimension, value)


def rated(narrowing: Narrowing, period: Period) -> str:
    """The tickets of a share of good ratings, whatever their rating."""
    return _query(narrowing, f"rated:{period}")


def slower(narrowing: Narrowing, measure: Measure, period: Period, seconds: int) -> str:
    """Those whose answer or solution took so long, or longer."""
    field = "first_answer" if measure is Measure.ANSWERED else "solution"
    return _query(narrowing, f"{_HAPPENED[measure].format(days=period)} {field}>={seconds}s")


def unsolved_at_end(narrowing: Narrowing, period: Period) -> str:
    return _query(narrowing, f"unsolved_on:{period.last}")


def on_hand(narrowing: Narrowing, assignee_id: int) -> str:
    """What somebody has to solve; 0 is nobody."""
    return _query(narrowing._replace(assignee_id=assignee_id), "is:unsolved")


def _query(
    narrowing: Narrowing, q: str, dimension: Dimension = Dimension.TOTAL, value: str = ""
) -> str:
    words = [q]
    fields = _narrowed(narrowing, words)
    match dimension:
        case Dimension.TOTAL:
            pass
        case Dimension.HOUR:
            day, hour = divmod(int(value), 24)
            words.append(f"weekday:{WEEKDAYS[day]} hour:{hour}")
        case Dimension.PRIORITY:
            fields["priority"] = Priority(int(value)).word
        case Dimension.PRODUCT:
            fields["product"] = format_product(int(value))
        case Dimension.ASSIGNEE:
            fields["assignee"] = format_user(int(value)) if value else NOBODY
        case _ if not value and dimension in _LACKED:
            words.append(f"{dimension}:{NONE}")
        case _:
            fields[dimension.value] = value
    return TicketFilter(q=" ".join(words), **fields).to_query()  # type: ignore[arg-type]


def _narrowed(narrowing: Narrowing, words: list[str]) -> dict[str, str]:
    fields = {}
    if narrowing.department:
        fields["department"] = narrowing.department
    elif narrowing.department is not None:
        words.append(f"department:{NONE}")
    if narrowing.assignee_id is not None:
        of = narrowing.assignee_id
        fields["assignee"] = format_user(of) if of else NOBODY
    if narrowing.channel is not None:
        fields["channel"] = narrowing.channel
    if narrowing.organization_id is not None:
        fields["organization"] = format_organization(narrowing.organization_id)
    return fields


def of_organization(narrowing: Narrowing, period: Period, organization_id: int) -> str:
    """What an organization has filed."""
    mine = narrowing._replace(organization_id=organization_id)
    return happened(mine, Measure.FILED, period)
