"""The figures as tables, and the bars that they have to pass."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from tests.bench.count import Counted
from tests.bench.load import Load

# CPU of a page by that of the bare page in the same run.
BARS = {
    "queue": 2.5,
    "to answer": 2.5,
    "ticket": 3.0,
    "10,000 comments": 3.0,
    "search": 5.0,
    "API list": 2.0,
    "API read": 2.0,
}
GROWTH = 1.1
QUERIES = {"queue": 6, "to answer": 6, "saved view": 6, "ticket": 6, "API list": 3, "API read": 3}


@dataclass(frozen=True)
class Result:
    """A page on a database of a size; `bare` is the CPU of the bare page in the same run."""

    database: str
    tickets: int
    page: str
    loads: dict[int, Load]
    counted: Counted
    bare: float

    @property
    def cpu(self) -> float:
        """Milliseconds a request with one connection: nobody waits for anybody."""
        return self.loads[min(self.loads)].cpu

    @property
    def ratio(self) -> float:
        """How many bare pages this page costs."""
        return self.cpu / self.bare


def table(results: list[Result]) -> Iterator[str]:
    """The lines of the report."""
    yield (
        "| database | tickets | page | CPU ms | × bare | db ms | queries | KB | gzip KB "
        "| 1: req/s | p50 | p95 | 8: req/s | p50 | p95 | CPU ms |"
    )
    yield "|---|--:|---" + "|--:" * 13 + "|"
    for result in results:
        yield _line(result)


def _line(result: Result) -> str:
    counted, first = result.counted, result.loads[min(result.loads)]
    cells = [
        result.database,
        f"{result.tickets:,}" if result.tickets else "",
        result.page,
        f"{result.cpu:.2f}",
        f"{result.ratio:.2f}",
        f"{first.database:.2f}",
        str(counted.queries),
        f"{counted.size / 1024:.1f}",
        f"{counted.sent / 1024:.1f}",
    ]
    for _, load in sorted(result.loads.items()):
        cells += [f"{load.rate:.0f}", f"{load.p50:.2f}", f"{load.p95:.2f}"]
    cells.append(f"{result.loads[max(result.loads)].cpu:.2f}")
    return "| " + " | ".join(cells) + " |"


def verdicts(results: list[Result]) -> list[tuple[bool, str]]:
    """(passed, sentence) for each bar."""
    found = []
    for result in results:
        if (bar := BARS.get(result.page)) is not None:
            where = f"{result.page}, {result.database}, {result.tickets:,} tickets"
            said = f"{where}: {result.ratio:.2f} × bare (at most {bar:g})"
            found.append((result.ratio <= bar, said))
        if (most := QUERIES.get(result.page)) is not None:
            queries = result.counted.queries
            said = f"{result.page}, {result.database}: {queries} queries (at most {most})"
            found.append((queries <= most, said))
    queues = [result for result in results if result.page == "queue"]
    for database, group in groupby(queues, lambda result: result.database):
        small, *larger = sorted(group, key=lambda result: result.tickets)
        for large in larger:
            # By the bare page of their time: minutes lie between the two, and machines change.
            growth = large.ratio / small.ratio
            said = f"queue, {database}, {large.tickets:,}: {growth:.2f} × at {small.tickets:,}"
            found.append((growth <= GROWTH, f"{said} (at most {GROWTH})"))
    return found
