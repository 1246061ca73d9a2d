"""Looks at a new ticket: see `services.assistance.acting`."""

from jobs import job
from portal.extensions import begin_write
from portal.services.assistance import acting


@job
def assist(ticket_id: int) -> None:
    """Set what is sure, once."""
    begin_write()
    acting.act(ticket_id)
