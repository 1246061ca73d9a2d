"""A fair (first in, first out) queue in front of SQLite's write lock.

SQLite has one writer, and who finds it locked polls with growing pauses, in no order: some wait for
seconds while others come and go. So each write unit passes this gate first. It only keeps the
order: mutual exclusion is still SQLite's own lock, which also holds for programs without the gate
(`busy_timeout`).

Threads of a process queue in memory. Processes share two bytes of a file beside the database, under
POSIX record locks, which the kernel releases when a process ends, and which a fork does not
inherit. One byte is the right to write, the other the right to be next: a process that has just
written cannot overtake one that is next.
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

# After so long a request is answered by 503.
WAIT_SECONDS = 10.0
# Number of consecutive writers of one process before another process gets its turn.
LOCAL_TURNS = 4
_NOW, _NEXT = 0, 1
# Polled, because a blocking lock has no timeout. Only the first thread of each process polls.
_ASK_EVERY = 0.0005
_TAKEN = frozenset({errno.EACCES, errno.EAGAIN})


class WriteGateTimeout(OperationalError):
    """The right to write was not obtained in time."""

    def __init__(self) -> None:
        super().__init__("BEGIN IMMEDIATE", None, TimeoutError("others go on writing"))


class _SharedFile:
    """The two bytes. Without the file, order is kept within this process only."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._number: int | None = None
        self._is_missing = False

    def close(self) -> None:
        """Close the file, also in a fork."""
        if self._number is not None:
            os.close(self._number)
            self._number = None

    def take(self, until: float) -> None:
        """Wait for the right to write. Raises WriteGateTimeout."""
        self._lock(_NEXT, until)
        try:
            self._lock(_NOW, until)
        finally:
            self._unlock(_NEXT)

    def give_back(self) -> None:
        """Release the right to write."""
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
        """Empty the queue of this process."""
        self._mutex = threading.Lock()
        self._line: deque[threading.Lock] = deque()
        self._taken = self._holds_file = False
        self._turns = 0
        self._file.close()

    def enter(self, timeout: float = WAIT_SECONDS) -> None:
        """Wait for the right to write. Raises WriteGateTimeout."""
        until = time.monotonic() + timeout
        self._wait_in_line(timeout)
        if self._holds_file:
            return
        try:
            self._file.take(until)
            self._holds_file = True
        except BaseException:
            self.leave()
            raise

    def leave(self) -> None:
        """Pass the right to write to the next thread or process."""
        with self._mutex:
            self._turns = self._turns + 1 if self._line else 0
            if self._holds_file and self._turns % LOCAL_TURNS == 0:
                self._holds_file = False
                self._file.give_back()
            if self._line:
                self._line.popleft().release()
            else:
                self._taken = False

    def _wait_in_line(self, timeout: float) -> None:
        with self._mutex:
            if not self._taken:
                self._taken = True
                return
            turn = threading.Lock()
            turn.acquire()
            self._line.append(turn)
        came = False
        try:
            came = turn.acquire(timeout=timeout)
        finally:
            if not came and not self._step_out(turn):
                # The turn came just as we gave up: pass it on.
                self.leave()
        if not came:
            raise WriteGateTimeout

    def _step_out(self, turn: threading.Lock) -> bool:
        """Leave the queue; False when the turn has come meanwhile."""
        with self._mutex:
            waits = turn in self._line
            if waits:
                self._line.remove(turn)
            return waits


@cache
def gate_of(database: Path) -> WriteGate:
    """The gate of a database: one for all engines of this process."""
    return WriteGate(database)


class GatedConnection(sqlite3.Connection):
    """A connection that holds the right to write for the duration of a write unit."""

    gate: WriteGate
    _is_inside = False

    def enter_gate(self) -> None:
        """Wait for the right to begin a write unit. Raises WriteGateTimeout."""
        if not self._is_inside:
            self.gate.enter()
            self._is_inside = True

    def commit(self) -> None:
        """Commit and leave the gate, unless the transaction could not be committed."""
        try:
            super().commit()
        finally:
            self._leave_unless_writing()

    def rollback(self) -> None:
        """Roll back and leave the gate. The pool calls this for each returned connection."""
        try:
            super().rollback()
        finally:
            self._leave_unless_writing()

    def close(self) -> None:
        """Close and leave the gate."""
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
