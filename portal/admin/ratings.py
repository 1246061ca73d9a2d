"""`/admin/ratings`: requesters' ratings with their comments."""

from typing import Any

from flask import render_template, request, url_for

from portal.admin import bp
from portal.errors import Invalid
from portal.models.organizations.organization import format_id as format_organization
from portal.models.people.person import name_of
from portal.models.people.user import format_id as format_user
from portal.models.tickets import Rating
from portal.models.tickets.ticket import format_number
from portal.queries.paging import AnyRow
from portal.queries.tickets import ratings as queries
from portal.security import permissions
from portal.web.people.guards import permitted
from portal.web.templating.labels import RATING_LABELS


@bp.get("/ratings")
@permitted(permissions.can_see_statistics)
def ratings() -> str:
    """Ratings of one kind, newest first; bad ones by default."""
    rating = _rating(request.args.get("rating") or Rating.BAD)
    cursor = request.args.get("cursor", "")
    page = queries.page(rating, cursor=cursor)
    numbers = queries.counts()
    return render_template(
        "admin/ratings.html",
        rating=rating,
        kinds=[(kind.value, RATING_LABELS[kind.value], numbers[kind]) for kind in Rating],
        rows=[_row(row) for row in page.rows],
        first_url=url_for(".ratings", rating=rating) if cursor else None,
        next_url=url_for(".ratings", rating=rating, cursor=page.next) if page.next else None,
    )


def _row(row: AnyRow) -> dict[str, Any]:
    return {
        **row._mapping,
        "number": format_number(row.id),
        "requester": name_of(row),
        "requester_number": format_user(row.requester_id),
        "organization_number": format_organization(row.organization_id),
    }


def _rating(word: str) -> Rating:
    try:
        return Rating(word)
    except ValueError:
        raise Invalid(rating="unknown") from None
