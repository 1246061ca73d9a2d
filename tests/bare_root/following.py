"""Follows a guide: types each line and writes each file, in order and as printed."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.bare_root import substitutions
from tests.bare_root.machine import Machine
from tests.bare_root.terminal import Refused, Terminal
from tests.guide import Block
from tests.waiting import wait_for

# A comment in `.env` that is the command which makes the value below.
_MADE_BY = re.compile(r"^# (.+)\n(\w+)=…$", re.M)


@contextmanager
def step(what: str) -> Iterator[None]:
    """Say what was done, and how long it took."""
    began = time.monotonic()
    try:
        yield
    except BaseException:
        print(f"{time.monotonic() - began:7.1f} s  FAILED  {what}", flush=True)
        raise
    print(f"{time.monotonic() - began:7.1f} s  {what}", flush=True)


class Follower:
    """Root at the machine's terminal, with the guide beside it."""

    def __init__(self, machine: Machine, terminal: Terminal) -> None:
        self._machine, self._terminal = machine, terminal
        self._network = machine.host_network

    def follow(self, block: Block) -> None:
        """Do what a block says. Fails with one that says nothing known."""
        if not is_known(block):
            raise LookupError(f"nothing says what this block is for:\n{block.text}")
        if block.text.splitlines()[0] in substitutions.READ:
            return
        if block.language == "sh":
            for line in command_lines(replaced("sh", block.text)):
                if line.startswith(substitutions.NOT_TYPED):
                    print(f"     not typed  {line}", flush=True)
                else:
                    self.type(line)
        elif block.language == "sql":
            self.sql(block.text)
        else:
            with step(f"{block.file} ({block.heading})"):
                self._write(block)

    def type(self, line: str) -> str:
        """Type one command line."""
        with step(line):
            if line == substitutions.LOOKS:
                wait_for(self._is_well, "well")
            outward = line.startswith(substitutions.OUTWARD)
            way = f"nsenter --net=/proc/self/fd/{self._network} -- " if outward else ""
            return self._terminal.type(way + line)

    def sql(self, text: str) -> None:
        """Say something to the database, as its administrator."""
        psql = "sudo -u postgres psql --quiet --set=ON_ERROR_STOP=1"
        self.type(f"{psql} <<'END'\n{text}END")

    def _is_well(self) -> bool:
        try:
            said = self._terminal.type(substitutions.LOOKS)
        except Refused:
            return False
        warnings = [line for line in said.splitlines() if line.startswith("warn")]
        return all(any(known in line for known in substitutions.WARNED) for line in warnings)

    def _write(self, block: Block) -> None:
        text = _MADE_BY.sub(self._make, replaced(block.file, block.text))
        assert "…" not in text, f"nothing says what … stands for:\n{text}"
        self._machine.write(block.file, text, append=block.file in substitutions.APPENDED)

    def _make(self, match: re.Match[str]) -> str:
        """The line with the value that the command in its comment makes."""
        return f"# {match[1]}\n{match[2]}={self._terminal.type(match[1]).strip()}"


def is_known(block: Block) -> bool:
    """Whether something says what to do with a block."""
    is_typed, is_read = (
        block.language in {"sh", "sql"},
        block.text.splitlines()[0] in substitutions.READ,
    )
    return is_typed or is_read or bool(block.file)


def replaced(where: str, text: str) -> str:
    """The text with what the table says for such blocks."""
    for change in substitutions.CHANGES:
        if change.where == where:
            text = text.replace(change.old, change.new)
    return text


def command_lines(text: str) -> list[str]:
    """The lines of a block, each with those that go on from it; without comments."""
    lines = re.sub(r"\\\n", "\\\\\0", text).splitlines()
    whole = [line.replace("\0", "\n") for line in lines]
    return [line for line in whole if line and not line.startswith("#")]
