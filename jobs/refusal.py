"""How a process of ours says why it cannot start: in one line, and once."""

import os
import signal
from typing import NoReturn

from portal.errors import ConfigError

# Where the supervisor listens. What keeps one of its children from starting keeps the other, too:
# it says so for both of them.
PIPE = "LODGE_REFUSAL_FD"


def refuse(error: ConfigError) -> NoReturn:
    """End with the line, exit code 1; under the supervisor tell it, and wait to be ended."""
    pipe = os.environ.get(PIPE)
    if pipe is None:
        raise SystemExit(f"lodge: {error}") from None
    os.write(int(pipe), f"{error}\n".encode())
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    while True:
        signal.pause()
