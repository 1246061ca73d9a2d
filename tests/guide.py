"""The deploy guide as a machine reads it: what it tells to write into files and to type."""

import re
from dataclasses import dataclass

from tests.architecture.source import ROOT

GUIDE = ROOT / "docs" / "deploy.md"
_BLOCK = re.compile(r"(?P<before>[^\n]*)\n\n```(?P<language>\w*)\n(?P<text>.*?)^```$", re.M | re.S)
_FILE = re.compile(r"`(/[^`]+)`")


@dataclass(frozen=True)
class Block:
    """A block of code. `file`: what the line before it names to be written, or nothing."""

    language: str
    text: str
    file: str


def blocks() -> list[Block]:
    """All of them, in their order."""
    found = []
    for match in _BLOCK.finditer(GUIDE.read_text("utf-8")):
        named = _FILE.findall(match["before"]) if match["before"].endswith(":") else []
        found.append(Block(match["language"], match["text"], named[-1] if named else ""))
    return found


def file(path: str) -> str:
    """What the guide puts into the file `path`."""
    [text] = [block.text for block in blocks() if block.file == path]
    return text
