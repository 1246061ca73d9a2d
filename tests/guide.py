"""The code blocks of the guides: files to write and commands to type."""

import re
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from tests.architecture.source import ROOT

GUIDE = ROOT / "docs" / "deploy.md"
OPERATING = ROOT / "docs" / "operate.md"
_BLOCK = re.compile(
    r"(?P<before>[^\n]*)\n\n(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^(?P=indent)```$",
    re.M | re.S,
)
_HEADING = re.compile(r"^#+ (.+)$", re.M)
_FILE = re.compile(r"`(/[^`]+)`")


@dataclass(frozen=True)
class Block:
    """A code block. `file` is the path that the line before it names, or empty."""

    language: str
    text: str
    file: str
    heading: str


def blocks(page: Path = GUIDE) -> list[Block]:
    """All blocks of a page, in their order."""
    found = []
    text = page.read_text("utf-8")
    for match in _BLOCK.finditer(text):
        named = _FILE.findall(match["before"]) if match["before"].endswith(":") else []
        # A comment in a block is no heading.
        headings = _HEADING.findall(
            re.sub(r"(?ms)^ *```.*?^ *```$", "", text[: match.end("before")])
        )
        found.append(
            Block(
                match["language"], dedent(match["text"]), named[-1] if named else "", headings[-1]
            )
        )
    return found


def file(path: str) -> str:
    """The text that the deploy guide puts into the file `path`."""
    [text] = [block.text for block in blocks() if block.file == path]
    return text
