"""What `/admin/statistics` takes and answers."""

from typing import Any

from marshmallow import fields

from portal.api.fields import Answer, Choice, Id, Line, Schema, about, moment
from portal.api.schemas import OrganizationRefSchema, PersonSchema, organization_ref, person_ref
from portal.models.tickets import Channel
from portal.models.tickets.ticket import MAX_DEPARTMENT
from portal.queries.statistics.period import Step

_TICKETS = "The query of `/tickets` that lists them; empty for none."
_A_DAY = "2026-11-30"


def _day(description: str, **kwargs: Any) -> Id:
    told = about(description, _A_DAY)
    return Id(
        max_length=len(_A_DAY), pattern=r"\d{4}-\d\d-\d\d", metadata=told, load_default="", **kwargs
    )


def _date(description: str, **kwargs: Any) -> fields.String:
    return fields.String(metadata={"format": "date", **about(description, _A_DAY)}, **kwargs)


# Not by attributes, as one of the names is a keyword.
_Days = Schema.from_dict(
    {
        "from": _day("The first day of the desk; 30 days when nothing is said."),
        "to": _day("The last day; today when nothing is said."),
    },
    name="Days",
)


class TicketStatisticsQuery(_Days):  # type: ignore[misc, valid-type]
    """Of which days and tickets. `none` is what has no department or assignee."""

    department = Line(
        max_length=MAX_DEPARTMENT,
        load_default="",
        metadata=about("In the same letters.", "IT"),
    )
    assignee = person_ref("`me`, `none` or a user's id.", also="me|none")
    organization = organization_ref("An organization's id.")
    channel = Choice(list(Channel), metadata=about("How they came in."))


class CountSchema(Answer):
    """A number of tickets, and that of as many days before; of a whole month, of that before."""

    tickets = fields.Integer(metadata=about("", 118))
    before = fields.Integer(metadata=about("", 108))
    query = fields.String(metadata=about(_TICKETS, "q=filed%3A2026-11-30"))


class DurationSchema(Answer):
    """How long something took, in seconds of the calendar, at most 2.2 per cent off."""

    tickets = fields.Integer(metadata=about("Of how many.", 121))
    median_seconds = fields.Integer(allow_none=True, metadata=about("Half took no longer.", 7800))
    p90_seconds = fields.Integer(allow_none=True, metadata=about("Nine of ten.", 33_000))
    median_seconds_before = fields.Integer(allow_none=True, metadata=about("", 8500))
    query = fields.String(metadata=about(_TICKETS, "q=solved%3A2026-11-30"))


class TotalsSchema(Answer):
    """What happened in those days; `unsolved` at the end of them."""

    filed = fields.Nested(CountSchema)
    solved = fields.Nested(CountSchema)
    unsolved = fields.Nested(CountSchema)
    reopened = fields.Nested(CountSchema)
    good = fields.Nested(CountSchema)
    bad = fields.Nested(CountSchema)
    first_answer = fields.Nested(DurationSchema)
    solution = fields.Nested(DurationSchema)


class ColumnSchema(Answer):
    """A day, a week or a month."""

    first = _date("Its first day.")
    last = _date("Its last day.")
    filed = fields.Integer(metadata=about("", 5))
    solved = fields.Integer(metadata=about("", 4))


class HourSchema(Answer):
    """Tickets filed at an hour of a day of the week."""

    weekday = fields.Integer(metadata=about("1 is Monday.", 1))
    hour = fields.Integer(metadata=about("0 to 23.", 9))
    filed = fields.Integer(metadata=about("", 3))


class AgeSchema(Answer):
    """Unsolved tickets that were filed in those days."""

    first = _date("The first day.")
    last = _date("The last day.")
    unsolved = fields.Integer(metadata=about("", 12))


class ValueSchema(Answer):
    """Tickets with a value; an empty one is that of tickets that have none."""

    value = fields.String(metadata=about("As the API writes it.", "high"))
    filed = fields.Integer(metadata=about("", 31))
    solved = fields.Integer(metadata=about("", 28))


class BreakdownsSchema(Answer):
    """The same numbers by the values of columns, those with most tickets first."""

    status = fields.List(fields.Nested(ValueSchema))
    priority = fields.List(fields.Nested(ValueSchema))
    channel = fields.List(fields.Nested(ValueSchema))
    type = fields.List(fields.Nested(ValueSchema))
    department = fields.List(fields.Nested(ValueSchema))
    tag = fields.List(fields.Nested(ValueSchema))
    language = fields.List(fields.Nested(ValueSchema))
    product = fields.List(fields.Nested(ValueSchema), metadata=about("By the product's id."))


class ByOrganizationSchema(Answer):
    """Those of an organization."""

    organization = fields.Nested(OrganizationRefSchema)
    filed = fields.Integer(metadata=about("", 7))


class WorkloadSchema(Answer):
    """Tickets of an assignee; null is nobody."""

    assignee = fields.Nested(PersonSchema, allow_none=True)
    unsolved = fields.Integer(metadata=about("Now.", 18))
    oldest = _date("The day on which the oldest of them was filed.", allow_none=True)
    filed = fields.Integer(metadata=about("", 40))
    solved = fields.Integer(metadata=about("", 31))
    reopened = fields.Integer(metadata=about("", 2))
    first_answer_seconds = fields.Integer(allow_none=True, metadata=about("The median.", 6600))
    solution_seconds = fields.Integer(allow_none=True, metadata=about("The median.", 97_200))
    good = fields.Integer(metadata=about("", 10))
    bad = fields.Integer(metadata=about("", 2))


class TicketStatisticsSchema(Answer):
    """Numbers of tickets as they are now. Each is the length of a list."""

    first = _date("The first day.")
    last = _date("The last day.")
    timezone = fields.String(metadata=about("In which the days are.", "Europe/Berlin"))
    counted_at = moment("When changes were last counted.", allow_none=True)
    is_complete = fields.Boolean(metadata=about("False while all tickets are counted anew."))
    totals = fields.Nested(TotalsSchema)
    step = fields.String(
        metadata={"enum": [str(step) for step in Step], **about("What a column is.")}
    )
    columns = fields.List(fields.Nested(ColumnSchema))
    hours = fields.List(fields.Nested(HourSchema), metadata=about("Those with any."))
    ages = fields.List(fields.Nested(AgeSchema))
    breakdowns = fields.Nested(BreakdownsSchema)
    organizations = fields.List(
        fields.Nested(ByOrganizationSchema), metadata=about("The ten that have filed most.")
    )
    workload = fields.List(fields.Nested(WorkloadSchema))
