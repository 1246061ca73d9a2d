"""Metrics of background work: ages of its signs of life, and the last runs of its parts."""

import math
from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily

from portal.queries.operations import background


def lag_gauges(lags: list[background.Lag]) -> Iterator[GaugeMetricFamily]:
    ages = GaugeMetricFamily(
        "lodge_background_age_seconds",
        "How long ago a part was last done, or its oldest work has waited; +Inf: never seen.",
        labels=["part"],
    )
    limits = GaugeMetricFamily(
        "lodge_background_limit_seconds", "How long that may be.", labels=["part"]
    )
    for lag in lags:
        ages.add_metric([lag.name], math.inf if lag.age is None else lag.age.total_seconds())
        limits.add_metric([lag.name], lag.limit.total_seconds())
    yield from (ages, limits)


def run_gauges(runs: list[background.PartRun]) -> Iterator[GaugeMetricFamily]:
    began = GaugeMetricFamily(
        "lodge_background_run_age_seconds",
        "How long ago a part of a sweep was last begun.",
        labels=["part"],
    )
    seconds = GaugeMetricFamily(
        "lodge_background_run_seconds", "How long that took, or the run before.", labels=["part"]
    )
    failed = GaugeMetricFamily(
        "lodge_background_run_failed",
        "Whether that failed, and by which kind of error.",
        labels=["part", "error"],
    )
    for run in runs:
        began.add_metric([run.name], run.began.total_seconds())
        failed.add_metric([run.name, run.error or ""], run.error is not None)
        if run.seconds is not None:
            seconds.add_metric([run.name], run.seconds)
    yield from (began, seconds, failed)
