"""What the API costs beside something else: a creation beside the database's own time for it, the
log of requests beside the request.

In this process, because both are sought inside a request. The two that are held against each other
take turns, so that what else the machine does hits both.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from flask import Flask
from sqlalchemy import event

from portal.extensions import db
from portal.web.operations import api_log
from portal.web.operations.api_log import Recorder
from tests.bench import bare, pages, store
from tests.bench.count import Requests

TIMES = 400
CREATION, LOG = 1.5, 0.03


PAGES = {"API create", "API read"}


def measure(kind: str, environment: dict[str, str], tickets: int) -> list[tuple[bool, str]]:
    """(passed, sentence) for both."""
    app = store.application(environment)
    asks = {ask.name: ask for ask in pages.pages(tickets)}
    keys = store.keys(app, {ask.who for ask in asks.values() if ask.of_api})
    folder = Path(environment["DATA_DIR"]) / f"bare-{kind}"
    bare.prepare(folder, app, tickets, keys)
    bare_answer = Requests(bare.create(str(folder)), bare.ASKS["/read"], {})
    return [
        _creation(kind, app, Requests(app, asks["API create"], keys), bare_answer),
        _log(kind, app, Requests(app, asks["API read"], keys)),
    ]


def _creation(kind: str, app: Flask, creator: Requests, bare_answer: Requests) -> tuple[bool, str]:
    whole, own, least = [], [], []
    with _database_time(app) as database:
        for _ in range(TIMES):
            least.append(_milliseconds(bare_answer))
            database.clear()
            whole.append(_milliseconds(creator))
            own.append(sum(database))
    answer, created, stored = median(least), median(whole), median(own)
    ratio = (created - answer) / stored
    said = (
        f"API create, {kind}: {created:.1f} ms, which is the bare answer ({answer:.1f} ms) and "
        f"{ratio:.1f} × the database's own {stored:.1f} ms (at most {CREATION} ×)"
    )
    return ratio <= CREATION, said


def _log(kind: str, app: Flask, reader: Requests) -> tuple[bool, str]:
    """What is noted in the request, and what the thread spends that writes it."""
    recorder: Recorder = app.extensions["lodge.api_log"]
    hooks = app.after_request_funcs[None]
    others = [hook for hook in hooks if hook.__module__ != api_log.__name__]
    assert len(others) == len(hooks) - 1
    recorder.flush()
    noted, silent = [], []
    for _ in range(TIMES):
        noted.append(_cpu(reader.ask))
        app.after_request_funcs[None] = others
        silent.append(_cpu(reader.ask))
        app.after_request_funcs[None] = hooks
    written = _cpu(recorder.flush) / TIMES
    share = (median(noted) + written) / median(silent) - 1
    said = f"API read, {kind}: its log adds {100 * share:.1f} % (at most {100 * LOG:.0f} %)"
    return share <= LOG, said


def _milliseconds(requests: Requests) -> float:
    began = time.perf_counter()
    requests.ask()
    return 1000 * (time.perf_counter() - began)


def _cpu(action: Callable[[], object]) -> float:
    began = time.thread_time()
    action()
    return 1000 * (time.thread_time() - began)


@contextmanager
def _database_time(app: Flask) -> Iterator[list[float]]:
    """A list that grows by the milliseconds of each statement and commit, until the block ends."""
    spent: list[float] = []
    began = 0.0

    def begin(*_: Any) -> None:
        nonlocal began
        began = time.perf_counter()

    def end(*_: Any) -> None:
        spent.append(1000 * (time.perf_counter() - began))

    with app.app_context():
        engine = db.engine
    commit = engine.dialect.do_commit

    def do_commit(connection: Any) -> None:
        begin()
        commit(connection)
        end()

    event.listen(engine, "before_cursor_execute", begin)
    event.listen(engine, "after_cursor_execute", end)
    engine.dialect.do_commit = do_commit  # type: ignore[method-assign]
    try:
        yield spent
    finally:
        engine.dialect.do_commit = commit  # type: ignore[method-assign]
        event.remove(engine, "before_cursor_execute", begin)
        event.remove(engine, "after_cursor_execute", end)
