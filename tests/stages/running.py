"""One run of pytest as a process of its own, watched while it goes on."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Timer

from jobs.process import die_with_parent
from tests.architecture.source import ROOT

# What tests in quarantine say when they fail is worth reading.
SHOWING_EXCUSED = ("-r", "fExX", "--xfail-tb")
_SUMMARY = re.compile(r"\d+ [a-z]+.* in \d+\.\d+s")


@dataclass(frozen=True)
class Run:
    """What became of it: `failed` gives what each failed test said, by its id."""

    exit_code: int
    output: str = ""
    seconds: float = 0.0
    failed: dict[str, str] = field(default_factory=dict)
    threats: frozenset[str] = frozenset()
    ran: frozenset[str] = frozenset()

    @property
    def summary(self) -> str:
        """Pytest's own line: how many passed and failed, in which time."""
        lines = self.output.splitlines()
        return next(filter(_SUMMARY.search, reversed(lines)), "no tests came to their end")


def run(
    arguments: Sequence[str],
    *,
    folder: Path = ROOT,
    shown: bool = True,
    environment: Mapping[str, str] | None = None,
    most_seconds: float | None = None,
) -> Run:
    """Run pytest in `folder`; `shown` lets its words through as they come.

    `environment` is added to ours. After `most_seconds` it ends as after Ctrl-C.
    """
    began = time.monotonic()
    with TemporaryDirectory(prefix="lodge-tests-") as temporary:
        record = Path(temporary) / "record"
        color = "yes" if shown and sys.stdout.isatty() else "no"
        options = ["--record", str(record), "--color", color, *arguments]
        with _started(options, folder, environment or {}) as process:
            end = Timer(most_seconds or 0, process.send_signal, [signal.SIGINT])
            if most_seconds is not None:
                end.start()
            output = _read(process, shown=shown)
            end.cancel()
        found = json.loads(record.read_text("utf-8")) if record.exists() else {}
    return Run(
        process.returncode,
        output,
        time.monotonic() - began,
        found.get("failed", {}),
        frozenset(found.get("threats", [])),
        frozenset(found.get("ran", [])),
    )


def _started(
    options: list[str], folder: Path, environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    us = os.getpid()
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", "-p", "tests.stages.recorder", *options],
        cwd=folder,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        preexec_fn=lambda: die_with_parent(signal.SIGINT, us),  # noqa: PLW1509
    )


def _read(process: subprocess.Popen[bytes], *, shown: bool) -> str:
    """Everything that it says. Not by lines: the dots of a line come one after the other."""
    assert process.stdout is not None
    chunks = []
    while chunk := process.stdout.read1():
        chunks.append(chunk)
        if shown:
            sys.stdout.buffer.write(chunk)
            sys.stdout.buffer.flush()
    return b"".join(chunks).decode("utf-8", "replace")
