"""`python -m tests.bench`: build the data if need be, measure, print."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench import api_costs, bare, count, load, pages, report, serve, sign_in, store, writers
from tests.bench.report import Result
from tests.servers import queue_server

STORES = {"sqlite": store.sqlite_databases, "postgresql": store.postgresql_databases}
MANY, ROUNDS = 8, 3


def main() -> int:
    """Answers 1 when a bar is not passed."""
    wanted = _arguments()
    results: list[Result] = []
    others: list[tuple[bool, str]] = []
    with TemporaryDirectory(prefix="lodge-bench-") as scratch, queue_server() as queue:
        for kind in wanted.databases:
            with STORES[kind](wanted.keep, wanted.tickets, Path(scratch)) as urls:
                for tickets, url in urls.items():
                    environment = store.settings(url, Path(scratch), queue)
                    results += _measure(kind, tickets, environment, wanted, others)
                if sign_in.PAGE in wanted.pages:
                    others.append(sign_in.measure(kind, environment))
                if api_costs.PAGES & set(wanted.pages):
                    others += api_costs.measure(kind, environment, tickets)
    print(*report.table(results), sep="\n")
    verdicts = [*report.verdicts(results), *others]
    for passed, sentence in verdicts:
        print("pass" if passed else "FAIL", sentence)
    return 0 if all(passed for passed, _ in verdicts) else 1


def _measure(
    kind: str,
    tickets: int,
    environment: dict[str, str],
    wanted: argparse.Namespace,
    others: list[tuple[bool, str]],
) -> list[Result]:
    """The pages' results; verdicts on something else go to `others`."""
    app = store.application(environment)
    asked = [ask for ask in pages.pages(tickets) if ask.name in wanted.pages]
    keys = store.keys(app, {ask.who for ask in pages.pages(tickets) if ask.of_api})
    counted = count.count(app, asked, keys)
    folder = Path(environment["DATA_DIR"]) / f"bare-{kind}-{tickets}"
    bare.prepare(folder, app, tickets, keys)
    with (
        serve.serve(f"tests.bench.bare:create('{folder}')", environment) as bare_server,
        serve.serve("wsgi:app", environment) as server,
    ):
        bares = {path: load.probe(bare_server, bare.ASKS[path], {}) for path in _bares(asked)}
        results = [_bare(kind, tickets, path, probe, wanted) for path, probe in bares.items()]
        for ask in asked:
            probe = load.probe(
                server, ask, keys, packed=wanted.gzip, database_cpu=_database_cpu(kind, environment)
            )
            bare_load, alone = _alternate(bares[ask.bare], probe, wanted.seconds)
            loads = {1: alone, MANY: probe.run(MANY, wanted.seconds)}
            found = Result(kind, tickets, ask.name, loads, counted[ask.name], bare_load.cpu)
            results.append(found)
            if ask.name == writers.PAGE:
                folder = Path(environment["DATA_DIR"])
                others += writers.measure(kind, probe, folder, wanted.busy)
        rss, pss = server.memory()
    print(f"{kind}, {tickets:,} tickets: web processes use {rss:.0f} MB RSS, {pss:.0f} MB PSS")
    return results


def _bares(asked: list[pages.Ask]) -> list[str]:
    return list(dict.fromkeys(ask.bare for ask in asked))


def _bare(
    kind: str, tickets: int, path: str, probe: load.Probe, wanted: argparse.Namespace
) -> Result:
    loads = {number: probe.run(number, wanted.seconds) for number in (1, MANY)}
    counted = count.Counted(0, probe.size, probe.size)
    return Result(kind, tickets, bare.ASKS[path].name, loads, counted, loads[1].cpu)


def _alternate(one: load.Probe, other: load.Probe, seconds: int) -> tuple[load.Load, load.Load]:
    """The cheapest round of each, taken in turns: what else the machine does hits both alike."""
    rounds = [(one.run(1, seconds), other.run(1, seconds)) for _ in range(ROUNDS)]
    ours, theirs = zip(*rounds, strict=True)
    return min(ours, key=_cpu), min(theirs, key=_cpu)


def _cpu(found: load.Load) -> float:
    return found.cpu


def _database_cpu(kind: str, environment: dict[str, str]) -> Callable[[], float]:
    if kind == "sqlite":
        return lambda: 0.0
    folder = store.cluster_socket(environment["DATABASE_URL"])
    pid = int((folder / ".s.PGSQL.5432.lock").read_text().split()[0])
    return lambda: serve.family_cpu(pid)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--tickets", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--databases", nargs="+", choices=STORES, default=list(STORES))
    names = [ask.name for ask in pages.pages(1000)]
    parser.add_argument("--pages", nargs="+", choices=names, default=names)
    parser.add_argument("--seconds", type=int, default=1, help="of load in each round")
    parser.add_argument("--busy", type=int, default=60, help="seconds of filing on a busy disk")
    parser.add_argument("--gzip", action="store_true", help="ask for compressed pages")
    parser.add_argument("--keep", type=Path, default=store.default_folder(), help="for the data")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
