"""What of tickets is counted, the sums of it by day, how far counting has come, and who is told."""

from portal.models.statistics.counting_progress import CountingProgress
from portal.models.statistics.report_subscription import ReportSubscription
from portal.models.statistics.statistics_cell import Dimension, Measure, StatisticsCell
from portal.models.statistics.ticket_fact import TicketFact
from portal.models.statistics.uncounted_ticket import UncountedTicket

__all__ = [
    "CountingProgress",
    "Dimension",
    "Measure",
    "ReportSubscription",
    "StatisticsCell",
    "TicketFact",
    "UncountedTicket",
]
