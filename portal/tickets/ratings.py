"""The rating of a solved ticket by its requester."""

from flask import flash
from werkzeug.wrappers import Response

from portal.i18n import gettext as _
from portal.models.tickets import Rating
from portal.queries.tickets import tickets as ticket_queries
from portal.services.tickets import ratings
from portal.tickets import bp
from portal.tickets.thread import after_change, context
from portal.web.change import change
from portal.web.fragments import page_or_fragment
from portal.web.people.sessions import actor
from portal.web.rate_limits.limit_keys import by_actor, is_staff
from portal.web.rate_limits.limits import limited_by, writing_limits
from portal.web.rating_form import RatingForm


@bp.post("/<number>/rating")
@limited_by(writing_limits(by_actor, is_staff))
def rate(number: str) -> Response | str:
    """Rate it, or change the rating."""
    ticket = ticket_queries.find(actor(), number)
    ratings.require_may_rate(actor(), ticket)
    form = RatingForm()
    if not form.validate():
        return page_or_fragment(
            "tickets/show.html",
            "tickets/_rating.html",
            status=422,
            **context(ticket, rating_form=form),
        )
    with change():
        ticket = ticket_queries.find(actor(), number, lock=True)
        ratings.rate(
            actor=actor(), ticket=ticket, rating=Rating(form.rating.data), comment=form.comment.data
        )
    flash(_("Thank you for telling us."), "success")
    return after_change(ticket)
