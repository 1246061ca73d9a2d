"""Adding somebody to a ticket, and taking them out; participants leave by themselves."""

from flask import flash, url_for
from werkzeug.wrappers import Response

from portal.errors import or_not_found
from portal.i18n import gettext as _
from portal.models.tickets import ParticipantWay
from portal.queries.people import users
from portal.queries.tickets import tickets as ticket_queries
from portal.security import permissions
from portal.services.tickets import participants
from portal.tickets import bp
from portal.tickets.forms import ParticipantForm
from portal.tickets.lists.index import SHARED
from portal.tickets.properties import changing
from portal.tickets.thread import after_change, context
from portal.web.change import change
from portal.web.fragments import go_to, page_or_fragment
from portal.web.people.sessions import actor
from portal.web.rate_limits import mail_rates
from portal.web.rate_limits.limit_keys import by_actor, is_staff
from portal.web.rate_limits.limits import PARTICIPANT, call_limits, limited_by


@bp.post("/<number>/participants")
@limited_by(call_limits(PARTICIPANT, by_actor, exempt_when=is_staff))
def add_participant(number: str) -> Response | str:
    """The answer is the same whether or not the address has an account."""
    ticket = ticket_queries.find(actor(), number)
    permissions.require(permissions.can_add_participant(actor(), ticket))
    form = ParticipantForm()
    if form.validate():
        email = form.email.data
        wait = mail_rates.invitation_delay(email)
        with change(form):
            ticket = ticket_queries.find(actor(), number, lock=True)
            participants.add(
                actor=actor(), ticket=ticket, email=email, way=ParticipantWay.PAGE, wait=wait
            )
    if form.errors:
        ticket = ticket_queries.find(actor(), number)
        return page_or_fragment(
            "tickets/show.html",
            "tickets/_participants.html",
            status=422,
            **context(ticket, participant_form=form),
        )
    flash(_("%(email)s takes part now, and is told by mail.", email=email), "success")
    return after_change(ticket)


@bp.post("/<number>/participants/<participant>/remove")
def remove_participant(number: str, participant: str) -> Response | str:
    """Take somebody out; oneself: leave."""
    user_id = or_not_found(users.parse_id(participant))
    with changing(number) as ticket:
        participants.remove(actor=actor(), ticket=ticket, user_id=user_id)
    if user_id == actor().id:
        flash(_("You do not take part in %(number)s any more.", number=number), "success")
        return go_to(url_for("tickets.index", whose=SHARED))
    flash(_("They do not see this ticket any more."), "success")
    return after_change(ticket)
