"""The lines of a message, made so that the parser finds only those blocks that are meant.

A block is a quote, a list, a table, a heading or lines of code. Lines are put in between where the
parser would count a line to the block above it that whoever wrote it did not.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from portal.markdown.marks import hide_unmeant
from portal.markdown.stand_ins import hide
from portal.markdown.tables import tables

_QUOTES = re.compile(r"\A(?: {0,3}> ?)+")
_ITEM = re.compile(r"(?P<indent>\s*)(?P<mark>[-*+]|\d{1,9}[.)])(?P<space>\s+)(?P<words>\S.*)")
_FENCE = re.compile(r"(?P<indent>\s*)(?P<run>`{3,}|~{3,})[ \t]*(?P<info>[^`]*)")
# A language, as those who name one write it.
_LANGUAGE = re.compile(r"(?:[a-z][a-z0-9+#-]{0,14})?")
_HEADING = re.compile(r"(?P<mark> {0,3}#{1,6}[ \t]+)(?P<words>.*?)(?P<closing>#*\s*)")
_BLOCK_IN_ITEM = re.compile(r">|(?:[-*+]|#{1,6}|\d{1,9}[.)])(?=\s|\Z)")
_WITHOUT_WORDS = re.compile(r"[\W_]*|\s*\d{1,9}[.)]\s*")


@dataclass
class Line:
    """A line of the message, without the marks of the quotes that it stands in."""

    quotes: str
    text: str
    depth: int = field(init=False)
    indent: int = field(init=False)
    is_blank: bool = field(init=False)
    is_wordless: bool = field(init=False)
    item: re.Match[str] | None = field(init=False)
    # Inside or beside a fence, which are marks then: nothing in it is one.
    is_code: bool = False
    is_table: bool = False

    def __post_init__(self) -> None:
        expanded = self.text.expandtabs(4)
        words = expanded.lstrip()
        self.depth = self.quotes.count(">")
        self.indent = len(expanded) - len(words)
        self.is_blank = not words
        self.is_wordless = _WITHOUT_WORDS.fullmatch(self.text) is not None
        self.item = None if self.is_wordless else _ITEM.fullmatch(self.text)


def prepare(message: str) -> str:
    """`message` in which all that is no mark is hidden from the parser."""
    lines = [_line(text) for text in message.split("\n")]
    _find_code(lines)
    for row in tables([None if line.is_code else (line.depth, line.text) for line in lines]):
        lines[row].is_table, lines[row].item = True, None
    _refuse_false_items(lines)
    return "\n".join(_prepared(lines))


def _line(text: str) -> Line:
    words = _QUOTES.sub("", text)
    return Line(text[: len(text) - len(words)], words)


def _find_code(lines: list[Line]) -> None:
    """Note which lines are code: from a fence to one that closes it, in the same quote."""
    # Of each kind, the shortest fence that is known to have no end.
    open_ended: dict[str, int] = {}
    number = 0
    while number < len(lines):
        fence = _FENCE.fullmatch(lines[number].text)
        if fence and len(fence["run"]) < open_ended.get(fence["run"][0], len(fence["run"]) + 1):
            end = _closing(lines, number, fence)
            if end is None:
                open_ended[fence["run"][0]] = len(fence["run"])
            else:
                for line in lines[number : end + 1]:
                    line.is_code, line.item = True, None
                number = end
        number += 1


def _closing(lines: list[Line], first: int, fence: re.Match[str]) -> int | None:
    if not _LANGUAGE.fullmatch(fence["info"].strip()):
        return None
    for number in range(first + 1, len(lines)):
        line = lines[number]
        deeper = line.depth - lines[first].depth
        if deeper < 0 or (not deeper and not line.is_blank and line.indent < lines[first].indent):
            return None
        words = line.text.strip()
        if not deeper and words.startswith(fence["run"]) and not words.strip(fence["run"][0]):
            return number
    return None


@dataclass
class _List:
    """A list that the next item may belong to; `content` is where the words of its items begin."""

    content: int
    kind: str
    lines: list[Line] = field(default_factory=list)

    def refuse_false_numbers(self) -> None:
        """Take it for text when a page would show other numbers than were written."""
        marks = [line.item["mark"][:-1] for line in self.lines if line.item]
        first = int(marks[0]) if marks and marks[0].isdecimal() else 0
        if self.kind in ".)" and marks != [str(first + i) for i in range(len(marks))]:
            for line in self.lines:
                line.item = None


def _refuse_false_items(lines: list[Line]) -> None:
    """Take away what looks like an item, and is a sum, a phone number or a date."""
    for number, line in enumerate(lines):
        if line.item and line.item["mark"] in "-+" and line.item["words"][0].isdigit():
            around = lines[max(0, number - 1) : number + 2]
            same = [other for other in around if other.item and other.item["mark"] == "-"]
            if line.item["mark"] == "+" or len(same) < 2:
                line.item = None
    for found in _lists(lines):
        found.refuse_false_numbers()


def _lists(lines: list[Line]) -> Iterator[_List]:
    """Each list, when it has ended."""
    nested: list[_List] = []
    depth = 0
    after_blank = False
    for line in lines:
        if line.is_blank:
            after_blank = True
            continue
        outer = [each for each in nested if each.content <= line.indent]
        kind = line.item["mark"][-1] if line.item else ""
        # A line that goes on with the words above it may stand further left.
        goes_on = not line.item and not after_blank and line.indent > 0 and line.depth == depth
        if line.depth != depth:
            outer, kept = [], 0
        else:
            kept = len(nested) if goes_on else len(outer)
            if kept < len(nested) and kind == nested[kept].kind:
                kept += 1
        yield from nested[kept:]
        del nested[kept:]
        if line.item:
            if len(nested) == len(outer):
                nested.append(_List(0, kind))
            nested[-1].content = line.indent + _content(line.item)
            nested[-1].lines.append(line)
        depth, after_blank = line.depth, False
    yield from nested


def _content(item: re.Match[str]) -> int:
    """How far its words stand from its mark; those that stand far begin with code."""
    space = len(item["space"].expandtabs(4))
    return len(item["mark"]) + (space if space <= 4 else 1)


def _prepared(lines: list[Line]) -> Iterator[str]:
    above = Line("", "")
    in_list = False
    for line in lines:
        if _has_to_be_parted(above, line, in_list=in_list):
            yield ">" * line.depth
            in_list = False
        in_list = bool(line.item) or (in_list and not line.is_code and line.depth == above.depth)
        yield line.quotes + _text(line)
        above = line


def _has_to_be_parted(above: Line, line: Line, *, in_list: bool) -> bool:
    """Whether the parser would count `line` to the block above, to which it does not belong."""
    if above.is_blank or line.is_blank or (above.is_code and line.is_code):
        return False
    if above.is_table and not line.is_table:
        return True
    if line.depth != above.depth:
        return line.depth < above.depth
    return in_list and not line.item and not line.indent and not line.is_code


def _text(line: Line) -> str:
    if line.is_code:
        return line.text
    if line.is_table:
        return line.text if line.is_wordless else hide_unmeant(line.text)
    if line.is_wordless:
        return hide(line.text)
    if line.item:
        return line.text[: line.item.start("words")] + _words_of_item(line.item["words"])
    if heading := _HEADING.fullmatch(line.text):
        return heading["mark"] + hide_unmeant(heading["words"]) + hide(heading["closing"])
    return _paragraph(line.text)


def _words_of_item(words: str) -> str:
    """An item holds words; nobody means a list, a quote or a heading in its first line."""
    if begins := _BLOCK_IN_ITEM.match(words):
        return hide(begins[0]) + hide_unmeant(words[begins.end() :])
    return hide_unmeant(words)


def _paragraph(text: str) -> str:
    """Words that begin like an item or a fence, and are none."""
    found = _ITEM.fullmatch(text)
    if found is None:
        return hide_unmeant(text)
    return found["indent"] + hide(found["mark"]) + found["space"] + hide_unmeant(found["words"])
