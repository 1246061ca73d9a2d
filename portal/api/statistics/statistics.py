"""`/admin/statistics`: numbers of tickets over time."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Response

from portal.api import bp
from portal.api.authentication import actor
from portal.api.authorization import Audience
from portal.api.responses import json_response
from portal.api.statistics.statistics_schemas import TicketStatisticsQuery, TicketStatisticsSchema
from portal.extensions import setting
from portal.i18n import iso
from portal.models.organizations.organization import format_id as format_organization
from portal.models.people import Right
from portal.models.people.user import format_id as format_user
from portal.models.products.product import format_id as format_product
from portal.models.statistics import Dimension, Measure
from portal.models.tickets import Priority
from portal.queries.organizations import organizations
from portal.queries.people import users
from portal.queries.statistics import asking, durations, report, ticket_lists
from portal.queries.statistics.report import Report
from portal.queries.statistics.tally import OnHand, Sums, ages, percentile, total, values, within

_BREAKDOWNS = (
    *(Dimension.STATUS, Dimension.PRIORITY, Dimension.CHANNEL, Dimension.TYPE),
    *(Dimension.DEPARTMENT, Dimension.TAG, Dimension.LANGUAGE, Dimension.PRODUCT),
)
_COUNTED = (Measure.FILED, Measure.SOLVED, Measure.REOPENED, Measure.GOOD, Measure.BAD)
_HALF, _MOST = 0.5, 0.9


@bp.serve(
    "GET",
    "/admin/statistics",
    to=Audience.ADMIN,
    right=Right.STATISTICS,
    tag="admin",
    query=TicketStatisticsQuery,
    gives=TicketStatisticsSchema,
)
def show_statistics(*, query: dict[str, Any]) -> Response:
    """Tickets over time, by kind and by assignee. Days are the desk's."""
    words = {name: word or "" for name, word in query.items()}
    found = report.find(*asking.wanted(words, actor()))
    return json_response(
        {
            "first": found.period.first.isoformat(),
            "last": found.period.last.isoformat(),
            "timezone": setting("DESK_TIMEZONE"),
            "counted_at": found.progress.counted_at and iso(found.progress.counted_at),
            "is_complete": found.progress.is_complete,
            "totals": _totals(found),
            "step": found.period.step,
            "columns": _columns(found),
            "hours": _hours(found.tally.sums),
            "ages": _ages(found),
            "breakdowns": {d.value: _breakdown(found.tally.sums, d) for d in _BREAKDOWNS},
            "organizations": _organizations(found.tally.organizations),
            "workload": _workload(found),
        }
    )


def _totals(found: Report) -> dict[str, Any]:
    tally = found.tally
    counts = {
        measure.value: {
            "tickets": total(tally.sums, measure),
            "before": total(tally.before, measure),
            "query": _query(ticket_lists.happened(found.narrowing, measure, found.period)),
        }
        for measure in _COUNTED
    }
    unsolved = {
        "tickets": tally.backlog,
        "before": tally.backlog_before,
        "query": _query(ticket_lists.unsolved_at_end(found.narrowing, found.period)),
    }
    return {
        **counts,
        "unsolved": unsolved,
        "first_answer": _duration(found, Measure.ANSWERED),
        "solution": _duration(found, Measure.SOLVED),
    }


def _query(of_queue: str) -> str:
    """Without the view, which is the pages'."""
    return of_queue.removeprefix("view=all&")


def _duration(found: Report, measure: Measure) -> dict[str, Any]:
    sums = found.tally.sums
    return {
        "tickets": total(sums, measure),
        "median_seconds": _seconds(sums, measure, _HALF),
        "p90_seconds": _seconds(sums, measure, _MOST),
        "median_seconds_before": _seconds(found.tally.before, measure, _HALF),
        "query": _query(ticket_lists.happened(found.narrowing, measure, found.period)),
    }


def _seconds(sums: Sums, measure: Measure, share: float) -> int | None:
    step = percentile(sums, measure, share)
    return None if step is None else round(durations.middle(step))


def _columns(found: Report) -> list[dict[str, Any]]:
    days = found.tally.days
    return [
        {
            **_span(part.first, part.last),
            "filed": within(days, Measure.FILED, part),
            "solved": within(days, Measure.SOLVED, part),
        }
        for part in found.period.parts(found.period.step)
    ]


def _span(first: date, last: date) -> dict[str, str]:
    return {"first": first.isoformat(), "last": last.isoformat()}


def _hours(sums: Sums) -> list[dict[str, int]]:
    found = values(sums, Measure.FILED, Dimension.HOUR)
    return [
        {"weekday": int(place) // 24 + 1, "hour": int(place) % 24, "filed": number}
        for place, number in sorted(found.items(), key=lambda cell: int(cell[0]))
    ]


def _ages(found: Report) -> list[dict[str, Any]]:
    filed = ages(found.today)
    return [
        {**_span(*days), "unsolved": number}
        for days, number in zip(filed, found.tally.ages, strict=True)
    ]


def _breakdown(sums: Sums, dimension: Dimension) -> list[dict[str, Any]]:
    filed, solved = (values(sums, m, dimension) for m in (Measure.FILED, Measure.SOLVED))
    return [
        {"value": _value(dimension, value), "filed": filed[value], "solved": solved[value]}
        for value, _number in (filed + solved).most_common()
    ]


def _value(dimension: Dimension, value: str) -> str:
    if dimension is Dimension.PRODUCT:
        return format_product(int(value))
    return Priority(int(value)).word if dimension is Dimension.PRIORITY else value


def _organizations(filed: Mapping[int, int]) -> list[dict[str, Any]]:
    names = organizations.names(filed.keys())
    return [
        {
            "organization": {"id": format_organization(of), "name": names.get(of, "")},
            "filed": number,
        }
        for of, number in filed.items()
    ]


def _workload(found: Report) -> list[dict[str, Any]]:
    people = found.tally.people
    names = users.names(sorted(people.keys() - {0}))
    return [
        {
            "assignee": {"id": format_user(of), "name": names.get(of, "")} if of else None,
            **_on_hand(found.tally.on_hand.get(of, OnHand())),
            "filed": total(sums, Measure.FILED),
            "solved": total(sums, Measure.SOLVED),
            "reopened": total(sums, Measure.REOPENED),
            "first_answer_seconds": _seconds(sums, Measure.ANSWERED, _HALF),
            "solution_seconds": _seconds(sums, Measure.SOLVED, _HALF),
            "good": total(sums, Measure.GOOD),
            "bad": total(sums, Measure.BAD),
        }
        for of, sums in people.items()
    ]


def _on_hand(known: OnHand) -> dict[str, Any]:
    return {"unsolved": known.tickets, "oldest": known.oldest and known.oldest.isoformat()}
