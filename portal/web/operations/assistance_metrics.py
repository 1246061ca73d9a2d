"""Metrics of assistance: what is learned, what waits, and what the desk has set by itself."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily

from portal.queries.assistance.waiting import State


def gauges(state: State) -> Iterator[GaugeMetricFamily]:
    learned = GaugeMetricFamily(
        "lodge_assistance_learned_tickets", "Solved tickets that are learned."
    )
    learned.add_metric([], state.progress.tickets if state.progress else 0)
    waiting = GaugeMetricFamily(
        "lodge_assistance_waiting", "Changes of tickets that are not learned yet, up to 1000."
    )
    waiting.add_metric([], state.waiting)
    acts = GaugeMetricFamily(
        "lodge_assistance_acts",
        "How often the desk has set a property by itself, and how often that was undone.",
        labels=["outcome"],
    )
    acts.add_metric(["kept"], state.acts - state.undone)
    acts.add_metric(["undone"], state.undone)
    yield from (learned, waiting, acts)
