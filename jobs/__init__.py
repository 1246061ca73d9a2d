"""Background work: an id in, one call, safe to run twice. Here is what every job stands on.

`portal` never imports this package: it names jobs in `portal.queueing.Job`.
"""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import ParamSpec, TypeVar

from flask import Flask, current_app, has_app_context
from rq import get_current_job

from portal import create_app
from portal.extensions import db
from portal.logs import request_id

P = ParamSpec("P")
T = TypeVar("T")


@lru_cache(maxsize=1)
def application() -> Flask:
    """The application of this process, made at the first call."""
    return create_app()


def job(function: Callable[P, T]) -> Callable[P, T]:
    """Run `function` with an application context and a session of its own.

    What it changed is committed when it returns and rolled back when it raises. A job that changes
    anything calls `begin_write()` first. Log lines carry the job's id as their request id. Called
    inside an application context, the job uses that application.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        app = current_app._get_current_object() if has_app_context() else application()  # type: ignore[attr-defined]
        current = get_current_job()
        token = request_id.set(f"job-{current.id[:8]}" if current else "job")
        try:
            with app.app_context():
                return _committed(function, *args, **kwargs)
        finally:
            request_id.reset(token)

    return run


def _committed(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        result = function(*args, **kwargs)
        db.session.commit()
    except BaseException:  # also a worker's time-out or its end
        db.session.rollback()
        raise
    return result
