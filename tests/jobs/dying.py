"""Death by SIGKILL in the middle of a unit of work, for processes that `tests.forked` starts."""

import os
import signal
from collections.abc import Callable
from typing import Any

from sqlalchemy import event

from portal.extensions import db


def die_at(count: int, work: Callable[[], object]) -> None:
    """Be killed instead of sending the database its statement number `count`; a commit is one."""
    engine, seen = db.engine, 0

    def note(*_: Any) -> None:
        nonlocal seen
        seen += 1
        if seen == count:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "before_cursor_execute", note)
    event.listen(engine, "commit", note)
    work()
