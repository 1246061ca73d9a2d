"""How the supervisor hears that it should end: from a terminal, from `kill`, through `make`."""

import os
import re
import signal
import sys
from pathlib import Path

from jobs.process import die_with_parent

_ENDING = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
_HEARD = _ENDING | {signal.SIGCHLD}
_UNDER_MAKE = "MAKELEVEL" in os.environ


class ToldToEnd(Exception):
    """Somebody wants all of it to end."""


def take() -> None:
    """From now on signals wait until `pause` asks for them."""
    for number in _HEARD:
        signal.signal(number, lambda *_: None)  # not ignored, as in a shell's background job
    signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)
    if _UNDER_MAKE:
        die_with_parent(signal.SIGTERM, os.getppid())
        _take_terminal()


def pause(seconds: float) -> None:
    """Wait so long, or until a child has ended. Raises ToldToEnd."""
    received = signal.sigtimedwait(_HEARD, seconds)
    if (received is not None and received.si_signo in _ENDING) or _make_was_interrupted():
        raise ToldToEnd


def _take_terminal() -> None:
    """Let the terminal's Ctrl-C reach us and not `make`, which would end by it instead of with 0.

    Ctrl-Z would then stop us while the shell knows nothing of it: it does nothing.
    """
    if sys.stdin.isatty() and os.tcgetpgrp(0) == os.getpgrp():
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        signal.signal(signal.SIGTSTP, signal.SIG_IGN)
        os.setpgid(0, 0)
        os.tcsetpgrp(0, os.getpgrp())


def _make_was_interrupted() -> bool:
    """Whether SIGINT was sent to our parent `make` alone: it tells nobody, and waits for us.

    While its handler waits, the signal is blocked. There is no other sign.
    """
    try:
        status = Path(f"/proc/{os.getppid()}/status").read_text("ascii") if _UNDER_MAKE else ""
    except OSError:
        return False
    blocked = re.search(r"^SigBlk:\s*(\w+)", status, re.MULTILINE)
    return blocked is not None and bool(int(blocked[1], 16) & 1 << signal.SIGINT - 1)
