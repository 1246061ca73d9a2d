"""Pages of people and organizations, for staff: the customer behind the ticket."""

from flask import Blueprint

from portal.web.people.guards import guard_staff

bp = Blueprint("people", __name__)
bp.before_request(guard_staff)

from portal.people import (  # noqa: E402, F401 - the modules register their routes
    go,
    notes,
    organization,
    person,
)
