"""`flask move-database` in a process that is killed in its midst."""

import os
import signal
from typing import Any
from unittest.mock import patch

from portal import create_app
from portal.cli.moving.move_database import move_database
from portal.database_move import rows

_write = rows.write


def move_and_die(url: str, lot: int) -> None:
    """Be killed after so many lots of rows were written, before that one is committed."""
    seen = 0

    def write(*given: Any) -> None:
        nonlocal seen
        seen += 1
        _write(*given)
        if seen == lot:
            os.kill(os.getpid(), signal.SIGKILL)

    app = create_app()
    with patch.object(rows, "write", write), patch.object(rows, "BATCH", 3):
        app.test_cli_runner().invoke(move_database, [url])
