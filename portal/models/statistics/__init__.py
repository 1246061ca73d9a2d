"""What of tickets is counted, the sums of it by day, and how far counting has come."""

from portal.models.statistics.counting_progress import CountingProgress
from portal.models.statistics.statistics_cell import Dimension, Measure, StatisticsCell
from portal.models.statistics.ticket_fact import TicketFact
from portal.models.statistics.uncounted_ticket import UncountedTicket

__all__ = [
    "CountingProgress",
    "Dimension",
    "Measure",
    "StatisticsCell",
    "TicketFact",
    "UncountedTicket",
]
