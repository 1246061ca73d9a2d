"""Background work: an id in, one call, safe to run twice. Here is what every job stands on.

`portal` never imports this package: it names jobs in `portal.queueing.Job`. The package itself
imports nothing of the portal, because the supervisor, which is in it, has to stay small.
"""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def job(function: Callable[P, T]) -> Callable[P, T]:
    """Run `function` with an application context and a session of its own.

    What it changed is committed when it returns and rolled back when it raises. A job that changes
    anything calls `begin_write()` first. Log lines carry the job's id as their request id. Called
    inside an application context, the job uses that application.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> T:
        from jobs.running import call

        return call(function, *args, **kwargs)

    return run
