"""How the supervisor hears that it should end: from a terminal, from `kill`, through `make`."""

import os
import signal
import sys
from pathlib import Path

from jobs.process import die_with_parent

_ENDING = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
_HEARD = _ENDING | {signal.SIGCHLD}


def take() -> None:
    """From now on signals wait until `told_to_end` asks for them."""
    for number in _HEARD:
        signal.signal(number, lambda *_: None)  # not ignored, as in a shell's background job
    signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)
    if _under_make():
        die_with_parent(signal.SIGTERM, os.getppid())
        _take_terminal()


def told_to_end(seconds: float) -> bool:
    """Wait for a signal, at most `seconds`; whether it is one that ends us."""
    received = signal.sigtimedwait(_HEARD, seconds)
    if received is not None:
        return received.si_signo in _ENDING
    return _under_make() and _make_was_interrupted()


def _under_make() -> bool:
    return "MAKELEVEL" in os.environ


def _take_terminal() -> None:
    """Let the terminal's Ctrl-C reach us and not `make`, which would end by it instead of with 0.

    Ctrl-Z would then stop us while the shell knows nothing of it: it does nothing.
    """
    if not sys.stdin.isatty() or os.tcgetpgrp(0) != os.getpgrp():
        return
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    signal.signal(signal.SIGTSTP, signal.SIG_IGN)
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpgrp())


def _make_was_interrupted() -> bool:
    """Whether somebody sent SIGINT to our parent `make` alone, which then waits for us in vain."""
    try:
        status = Path(f"/proc/{os.getppid()}/status").read_text("ascii")
    except OSError:
        return False
    # Its handler waits for us, and while a handler runs, its signal is blocked.
    blocked = next(line for line in status.splitlines() if line.startswith("SigBlk:"))
    return bool(int(blocked.split()[1], 16) & 1 << signal.SIGINT - 1)
