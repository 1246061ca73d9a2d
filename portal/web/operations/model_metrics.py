"""Metrics of the language model; none where there is no model."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily

from portal.queries.assistance.model_calls import Health


def gauges(health: Health | None) -> Iterator[GaugeMetricFamily]:
    if health is None:
        return
    yield _gauge(
        "lodge_model_up", "Whether one of its last calls was answered.", not health.is_failing
    )
    yield _gauge("lodge_model_tokens_today", "Used, or held for calls that run.", health.tokens)
    yield _gauge("lodge_model_tokens_limit", "Tokens that a day has.", health.budget)


def _gauge(name: str, text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, text, float(value))
