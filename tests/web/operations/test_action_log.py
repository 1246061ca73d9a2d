"""Every kind of a ticket's event has its sentence in the log of actions."""

from portal.models.tickets import EventKind
from portal.web.operations.action_log import TICKET_SENTENCES


def test_every_kind_of_event_has_a_sentence() -> None:
    assert set(EventKind) == TICKET_SENTENCES.keys()
