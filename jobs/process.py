"""What our long-running processes ask of the operating system. Imports nothing of the portal."""

import ctypes
import gc
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(signum: int, parent: int) -> None:
    """Have `signum` sent to this process when `parent` is gone, however it went.

    Only Linux can do this; elsewhere a killed supervisor has to be cleaned up after by hand.
    """
    if _LIBC is None:
        return
    _LIBC.prctl(_PR_SET_PDEATHSIG, signum)
    if os.getppid() != parent:  # it went before we asked
        os.kill(os.getpid(), signal.SIGKILL)


def settle() -> None:
    """Give back what importing and assembling left over: about 10 MB a process."""
    gc.collect()
    # What is loaded by now stays for good: no collection has to look at it again, and a forked
    # job does not copy its pages.
    gc.freeze()
    if _LIBC is not None and hasattr(_LIBC, "malloc_trim"):
        _LIBC.malloc_trim(0)
