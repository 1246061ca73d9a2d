"""Check of `flask doctor` on the products of organizations: schedules, and syncs that fail."""

from portal.cli.finding import OK, WARN, Finding, Findings
from portal.queries.products import schedules


def products() -> Findings:
    """Keys are their owners' matter, who hear of it by mail; many at once may be ours."""
    total, failing = schedules.count(), schedules.failing()
    if not total:
        yield Finding(OK, "no organization has its products fetched on a schedule")
        return
    text = f"{failing} of {total} schedules failed the last time"
    if failing:
        yield Finding(WARN, f"{text}: their owners were mailed, the page of syncs says why")
    else:
        yield Finding(OK, text)
