"""A process that parses mails, one after another, and may be killed at any of them.

What strangers send cannot make the worker hang or take its memory. Starting Python for each mail
would cost more than reading most of them, so a process takes many; whoever has failed at one, or
was given a large one, ends.
"""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Timer
from typing import IO, BinaryIO

from portal.mail_parsing.loop import CPU_SECONDS
from portal.mail_parsing.parsed import ParsedMail, from_description

# A mail of 24 MB takes 120 MB.
MAX_BYTES = 50 * 1024 * 1024
# Longer than the CPU time: the machine may be busy.
_TIMEOUT = 60.0
_LARGE = 1024 * 1024
_ROOT = Path(__file__).resolve().parents[2]
_PROGRAM = (
    "import sys; sys.path.insert(0, sys.argv[1]);"
    "from portal.mail_parsing.loop import serve; serve()"
)


class UnreadableError(Exception):
    """The mail cannot be parsed: within the limits, or at all. Says why in English."""


class Parser:
    """Use it in a `with`; the process begins with the first mail."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Parser":
        return self

    def __exit__(self, *_error: object) -> None:
        self._end()

    def parse(self, source: BinaryIO, size: int) -> ParsedMail:
        """The mail of `size` bytes in an open file. Raises UnreadableError, OSError."""
        if size > MAX_BYTES:
            raise UnreadableError(f"larger than {MAX_BYTES // 1024 // 1024} MB")
        try:
            with self._limited() as process:
                parsed = _ask(process, source, size)
        except UnreadableError:
            self._end()
            raise
        if size > _LARGE:
            self._end()  # what it has taken for this one is not needed for the next
        return parsed

    @contextmanager
    def _limited(self) -> Iterator[subprocess.Popen[bytes]]:
        process = self._process = self._process or _start()
        timer = Timer(_TIMEOUT, process.kill)
        timer.daemon = True
        timer.start()
        try:
            yield process
        except (BrokenPipeError, EOFError, ValueError):
            process.kill()
            raise UnreadableError(_reason(process.wait())) from None
        finally:
            timer.cancel()

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        process.wait()


def _start() -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-I", "-c", _PROGRAM, str(_ROOT)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
    )


def _ask(process: subprocess.Popen[bytes], source: BinaryIO, size: int) -> ParsedMail:
    requests, answers = process.stdin, process.stdout
    if requests is None or answers is None:
        raise EOFError
    requests.write(b"%d\n" % size)
    shutil.copyfileobj(source, requests, 256 * 1024)
    requests.flush()
    described = json.loads(_read(answers, int(_line(answers))))
    if "unreadable" in described:
        raise UnreadableError(described["unreadable"])
    contents = [_read(answers, file[-1]) for file in described["files"]]
    return from_description(described, contents)


def _line(pipe: IO[bytes]) -> bytes:
    return pipe.readline(32)


def _read(pipe: IO[bytes], size: int) -> bytes:
    data = pipe.read(size)
    if len(data) != size:
        raise EOFError
    return data


def _reason(returncode: int) -> str:
    if returncode == -signal.SIGXCPU:
        return f"it took more than {CPU_SECONDS} s to parse"
    return "it took too long, or too much memory, to parse"
