"""Who writes next on SQLite: whoever has waited longest.

SQLite has one writer, and who finds it taken sleeps and tries again, for longer and longer, in no
order: some wait for seconds while others come and go. So a write unit passes a gate first. The gate
keeps order and nothing else: what keeps two writers apart is SQLite's own lock, and programs that
know of no gate meet that one (`busy_timeout`).

Threads of a process stand in line. Processes share two bytes of a file beside the database, under
POSIX record locks: the kernel takes those back from a process that ends, however it ends, and a
fork does not have them. One byte is the right to write, the other the right to be next: who has
just written cannot pass by somebody who is next already.
"""

import errno
import fcntl
import logging
import os
import sqlite3
import threading
import time
from collections import deque
from functools import cache
from pathlib import Path

from sqlalchemy.exc import OperationalError

log = logging.getLogger(__name__)

# Seconds. Who has waited so long is told to come again (503).
PATIENCE = 10.0
# So many of one process may write in a row before another process is asked.
TURNS = 4
_NOW, _NEXT = 0, 1
# The kernel's own wait for such a lock has no end. Only the first in line of each process asks.
_ASK_EVERY = 0.0005
_TAKEN = frozenset({errno.EACCES, errno.EAGAIN})


class WriteGateTimeout(OperationalError):
    """Others went on writing for as long as we were willing to wait."""

    def __init__(self) -> None:
        super().__init__("BEGIN IMMEDIATE", None, TimeoutError("others go on writing"))


class _SharedFile:
    """The two bytes. Where the file cannot be had, order is kept within this process alone."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._number: int | None = None
        self._is_missing = False

    def close(self) -> None:
        """Let go of it, also in a fork."""
        if self._number is not None:
            os.close(self._number)
            self._number = None

    def take(self, until: float) -> None:
        """Have the right to write, from now on. Raises WriteGateTimeout."""
        self._lock(_NEXT, until)
        try:
            self._lock(_NOW, until)
        finally:
            self._unlock(_NEXT)

    def give_back(self) -> None:
        """Let another process have it."""
        self._unlock(_NOW)

    def _lock(self, byte: int, until: float) -> None:
        while not self._try(byte):
            if time.monotonic() > until:
                raise WriteGateTimeout
            time.sleep(_ASK_EVERY)

    def _try(self, byte: int) -> bool:
        number = self._opened()
        if number is None:
            return True
        try:
            fcntl.lockf(number, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, byte)
        except OSError as error:
            if error.errno in _TAKEN:
                return False
            raise
        return True

    def _unlock(self, byte: int) -> None:
        if self._number is not None:
            fcntl.lockf(self._number, fcntl.LOCK_UN, 1, byte)

    def _opened(self) -> int | None:
        if self._number is None and not self._is_missing:
            try:
                self._number = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            except OSError as error:
                self._is_missing = True
                log.warning("other processes are not waited for in turn: %s", error)
        return self._number


class WriteGate:
    """The gate of one database, for all threads of this process."""

    def __init__(self, database: Path) -> None:
        self._file = _SharedFile(database.with_name(f"{database.name}-gate"))
        self._reset()
        os.register_at_fork(after_in_child=self._reset)

    def _reset(self) -> None:
        """Nobody of this process is at the gate."""
        self._mutex = threading.Lock()
        self._line: deque[threading.Lock] = deque()
        self._taken = self._holds_file = False
        self._turns = 0
        self._file.close()

    def enter(self, patience: float = PATIENCE) -> None:
        """Wait for the right to write, then have it. Raises WriteGateTimeout."""
        until = time.monotonic() + patience
        self._wait_in_line(patience)
        if self._holds_file:
            return
        try:
            self._file.take(until)
            self._holds_file = True
        except BaseException:
            self.leave()
            raise

    def leave(self) -> None:
        """Give the right back, to who is next."""
        with self._mutex:
            self._turns = self._turns + 1 if self._line else 0
            if self._holds_file and self._turns % TURNS == 0:
                self._holds_file = False
                self._file.give_back()
            if self._line:
                self._line.popleft().release()
            else:
                self._taken = False

    def _wait_in_line(self, patience: float) -> None:
        with self._mutex:
            if not self._taken:
                self._taken = True
                return
            turn = threading.Lock()
            turn.acquire()
            self._line.append(turn)
        came = False
        try:
            came = turn.acquire(timeout=patience)
        finally:
            if not came and not self._step_out(turn):
                # It came just as we gave up: somebody else shall have it.
                self.leave()
        if not came:
            raise WriteGateTimeout

    def _step_out(self, turn: threading.Lock) -> bool:
        """Leave the line; False when the turn has come meanwhile."""
        with self._mutex:
            waits = turn in self._line
            if waits:
                self._line.remove(turn)
            return waits


@cache
def gate_of(database: Path) -> WriteGate:
    """The one gate of a database, however many engines this process has for it."""
    return WriteGate(database)


class GatedConnection(sqlite3.Connection):
    """A connection that is at its gate from the beginning of a write unit to its end."""

    gate: WriteGate
    _is_inside = False

    def enter_gate(self) -> None:
        """Wait for the right to begin a write unit. Raises WriteGateTimeout."""
        if not self._is_inside:
            self.gate.enter()
            self._is_inside = True

    def commit(self) -> None:
        """As sqlite3 has it. What cannot be committed is still a transaction."""
        try:
            super().commit()
        finally:
            self._leave_unless_writing()

    def rollback(self) -> None:
        """As sqlite3 has it. The pool does this to each connection that comes back."""
        try:
            super().rollback()
        finally:
            self._leave_unless_writing()

    def close(self) -> None:
        """As sqlite3 has it."""
        try:
            super().close()
        finally:
            self._leave()

    def _leave_unless_writing(self) -> None:
        if self._is_inside and not self.in_transaction:
            self._leave()

    def _leave(self) -> None:
        if self._is_inside:
            self._is_inside = False
            self.gate.leave()
