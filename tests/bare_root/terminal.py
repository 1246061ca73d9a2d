"""root's terminal in the machine: lines are typed one by one, as a person does."""

import fcntl
import os
import pty
import re
import select
import subprocess
import termios
import time
from collections.abc import Iterable, Mapping

from tests.waiting import PATIENCE

# apt-get and pip may take their time.
_LINE_SECONDS = 900.0
_PROMPT = re.compile(r"@@(\d+)@@ $")


class Refused(Exception):
    """A line of the guide did not work as printed."""


class Terminal:
    """A shell that keeps its state from line to line."""

    def __init__(
        self,
        command: list[str],
        answers: Mapping[str, str],
        environment: Mapping[str, str],
        keep: Iterable[int] = (),
    ) -> None:
        self._answers = {re.compile(question): text for question, text in answers.items()}
        self._screen, theirs = pty.openpty()
        self._shell = subprocess.Popen(
            [*command, "bash", "--noprofile", "--norc", "--noediting", "-i"],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509
            pass_fds=tuple(keep),
            env=dict(environment),
        )
        os.close(theirs)
        self._write("stty -echo; PS2=; PS1='@@$?@@ '\n")
        try:
            self._until(_PROMPT, PATIENCE)
        except BaseException:
            self.close()
            raise

    def type(self, line: str) -> str:
        """What is said to a command line, which may go over several lines. Raises Refused."""
        self._write(f"{line}\n")
        said = self._until(_PROMPT, _LINE_SECONDS)
        found = _PROMPT.search(said)
        said = _PROMPT.sub("", said).replace("\r\n", "\n")
        if found is None or found[1] != "0":
            raise Refused(f"{line}\n{said}\nexit code {found[1] if found else '?'}")
        return said

    def close(self) -> None:
        """Hang up, which ends the shell."""
        os.close(self._screen)
        self._shell.wait(PATIENCE)

    def _write(self, text: str) -> None:
        os.write(self._screen, text.encode())

    def _until(self, end: re.Pattern[str], seconds: float) -> str:
        """Everything that is said until `end`; questions on the way are answered."""
        said, answered, deadline = "", 0, time.monotonic() + seconds
        while not end.search(said):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._screen], [], [], left)[0]:
                raise Refused(f"no end within {seconds:.0f} s:\n{said[-2000:]}")
            try:
                said += os.read(self._screen, 1 << 16).decode("utf-8", "replace")
            except OSError as error:
                raise Refused(f"the shell has ended:\n{said[-2000:]}") from error
            for question, answer in self._answers.items():
                if question.search(said, answered):
                    answered = len(said)
                    self._write(f"{answer}\n")
        return said
