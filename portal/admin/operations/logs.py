"""`/admin/logs/actions`: the log of what people did to tickets and accounts."""

from typing import Any

from flask import Response, request
from sqlalchemy import Row

from portal.admin import bp
from portal.admin.filtered_list import filtered_list
from portal.errors import Invalid
from portal.models.tickets.ticket import parse_number
from portal.queries.operations import action_log
from portal.queries.paging import Page, parse_id_cursor
from portal.queries.people import users
from portal.web.operations.action_log import SENTENCES, entries, is_kind


@bp.get("/logs/actions")
def actions() -> Response:
    person = request.args.get("person", "").strip()[:254]
    ticket = request.args.get("ticket", "").strip().upper()[:24]
    kind = request.args.get("kind") or None
    if kind is not None and not is_kind(kind):
        raise Invalid(kind="unknown")
    cursor = request.args.get("cursor")
    page = _page(person, ticket, kind, parse_id_cursor(cursor))

    return filtered_list(
        "operations/actions",
        page,
        endpoint=".actions",
        wanted={"person": person, "ticket": ticket, "kind": kind},
        cursor=cursor,
        entries=entries(list(page.rows)),
        kinds=_kinds(),
    )


def _kinds() -> tuple[tuple[str, str], ...]:
    """(kind, sentence) of every kind, sorted by sentence."""
    kinds = [(word, str(sentence)) for word, sentence in SENTENCES.items()]
    return tuple(sorted(kinds, key=lambda pair: pair[1]))


def _page(person: str, ticket: str, kind: str | None, before: int | None) -> Page[Row[Any]]:
    """The entries; an empty page if there is no such person or ticket."""
    person_id = users.find_id(person) if person else None
    ticket_id = parse_number(ticket) if ticket else None
    if (person and person_id is None) or (ticket and ticket_id is None):
        return Page([], None)
    return action_log.page(person_id=person_id, ticket_id=ticket_id, kind=kind, cursor=before)
