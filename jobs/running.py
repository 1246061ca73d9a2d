"""Runs a job: the process's application, a context, and a transaction."""

import logging
from collections.abc import Callable
from functools import lru_cache
from typing import ParamSpec, TypeVar

from flask import Flask, current_app, has_app_context
from rq import get_current_job
from rq.job import Job

from portal import create_app
from portal.errors import ReadOnlyDesk
from portal.extensions import db
from portal.logs import request_id

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")


@lru_cache(maxsize=1)
def application() -> Flask:
    """The application of this process, created at the first call."""
    return create_app()


def call(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a job's function as described at `jobs.job`."""
    is_inner = has_app_context()
    app = current_app._get_current_object() if is_inner else application()  # type: ignore[attr-defined]
    current = get_current_job()
    token = request_id.set(_name(current))
    try:
        with app.app_context():
            return _committed(function, *args, **kwargs)
    except ReadOnlyDesk:
        if current is None or is_inner:
            raise
        # What it was to do is owed by rows, and asked for again when they may change.
        log.info("%s waits: the desk is read-only", current.func_name)
        return None  # type: ignore[return-value] # nobody takes a job's result
    finally:
        request_id.reset(token)


def _name(current: Job | None) -> str:
    """The id of the request that enqueued the job or is calling it; else an id of the job's own."""
    if (outer := request_id.get()) != "-":
        return outer
    if current is None:
        return "job"
    asked_by: str = current.meta.get("request_id", "-")
    return asked_by if asked_by != "-" else f"job-{current.id[:8]}"


def _committed(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        result = function(*args, **kwargs)
        db.session.commit()
    except BaseException:  # also a worker's time-out or its end
        db.session.rollback()
        raise
    return result
