"""Checks of `flask doctor` on background work: signs of life and last runs."""

from datetime import timedelta

from portal.cli.finding import FAIL, OK, WARN, Finding, Findings, duration_text
from portal.models.operations import HeartbeatName
from portal.queries.operations import background as queries
from portal.queries.operations import heartbeats

_SEE = "see the workers' log"
_OTHERS: dict[str, str] = {
    HeartbeatName.INBOUND: "INBOUND_URL wants `python -m jobs.inbound` to run"
}
# By the checks of mail and backups.
_CHECKED_ELSEWHERE = {"mail_queue", "mail_server", "mail_failing", HeartbeatName.BACKUP}


def background() -> Findings:
    """Parts that have a check of their own (mail, backups) are left out."""
    if (restored := heartbeats.closed_since_restore()) is not None:
        yield closed(restored)
        return
    lags = [lag for lag in queries.lags() if lag.name not in _CHECKED_ELSEWHERE]
    runs = {run.name: run for run in queries.runs()}
    late = [lag for lag in lags if lag.is_late]
    for lag in late:
        if lag.age is None:
            who = _OTHERS.get(lag.name, "workers do it, every 15 seconds")
            yield Finding(WARN, f"{lag.name} was never seen: {who}")
        else:
            how = _last_run_text(runs.pop(lag.name, None))
            yield Finding(FAIL, f"{lag.name} is late, for {duration_text(lag.age)}{how}: {_SEE}")
    failed = [run for run in runs.values() if run.error]
    for run in failed:
        yield Finding(WARN, f"{run.name} failed{_last_run_text(run)}: {_SEE}")
    if not late and not failed:
        yield Finding(OK, f"{len(lags)} signs of life, none of them late{_slowest_text(runs)}")


def closed(restored: timedelta) -> Finding:
    """A restore needs a desk that is closed, and leaves it so."""
    return Finding(
        WARN,
        f"nothing works here since the restore, {duration_text(restored)} ago: when all is as it "
        "should be, start web and workers",
    )


def _last_run_text(run: queries.PartRun | None) -> str:
    if run is None:
        return ""
    error = f", {run.error}" if run.error else ""
    took = "" if run.seconds is None else f" after {run.seconds:.1f} s"
    return f", last begun {duration_text(run.began)} ago{error}{took}"


def _slowest_text(runs: dict[str, queries.PartRun]) -> str:
    seconds = {run.name: run.seconds for run in runs.values() if run.seconds is not None}
    if not seconds:
        return ""
    slowest = max(seconds, key=lambda name: seconds[name])
    return f"; {slowest} took longest, {seconds[slowest]:.1f} s"
