"""A rendered message as plain text: what its HTML shows, without the marks that were typed.

For mails. Lists keep their numbers and get hyphens, quotes get `>`, and a link whose words do not
say where it leads is followed by its address.
"""

import re
from dataclasses import dataclass
from html.parser import HTMLParser

_SPACE = re.compile(r"[ \t\n\r\f]+")
_CELL = "   "
_BLOCKS = frozenset({"p", "pre", "table", "blockquote", "ul", "ol"})
_LISTS = frozenset({"ul", "ol"})


def as_text(html: str) -> str:
    """The text of sanitized `html`, in lines as long as they were written."""
    writer = _Writer()
    writer.feed(html)
    writer.close()
    return writer.text()


@dataclass
class _Prefix:
    """What stands before the lines of a quote or an item; `first` before the first of them."""

    first: str
    rest: str
    used: bool = False

    def take(self) -> str:
        taken, self.used = self.rest if self.used else self.first, True
        return taken


class _Writer(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = []
        self._line: list[str] = []
        self._prefixes: list[_Prefix] = []
        # The next number of each open list; None for one without numbers.
        self._numbers: list[int | None] = []
        # Of open links: the address, and where the words begin in the line.
        self._links: list[tuple[str, int]] = []
        self._wants_blank = False
        self._in_pre = False

    def text(self) -> str:
        self._end_line()
        return "\n".join(self._lines)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in _BLOCKS:
            # A list inside an item follows its words.
            self._begin_block(blank=not (tag in _LISTS and self._numbers))
        if tag in _LISTS:
            self._numbers.append(_number(given.get("start", "1")) if tag == "ol" else None)
        elif tag == "blockquote":
            self._prefixes.append(_Prefix("> ", "> "))
        elif tag == "li":
            self._begin_item()
        elif tag == "pre":
            self._in_pre = True
        elif tag in {"br", "tr"}:
            self._end_line(keep=tag == "br")
        elif tag in {"td", "th"} and self._line:
            self._line = ["".join(self._line).rstrip() + _CELL]
        elif tag == "a":
            self._links.append((given.get("href", ""), len(self._line)))

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._links:
            self._end_link(*self._links.pop())
        if tag in _BLOCKS or tag == "li":
            self._end_line()
        if tag in _BLOCKS:
            self._wants_blank = not (tag in _LISTS and len(self._numbers) > 1)
        if tag in _LISTS:
            self._numbers.pop()
        if tag in {"blockquote", "li"}:
            self._prefixes.pop()
        if tag == "pre":
            self._in_pre = False

    def handle_data(self, data: str) -> None:
        if not self._in_pre:
            text = _SPACE.sub(" ", data)
            if text := text if self._line else text.lstrip(" "):
                self._line.append(text)
            return
        first, *others = data.removesuffix("\n").split("\n")
        self._line.append(first)
        for line in others:
            self._end_line(keep=True)
            self._line.append(line)

    def _begin_block(self, *, blank: bool) -> None:
        self._end_line()
        self._wants_blank |= blank and bool(self._lines)

    def _begin_item(self) -> None:
        self._end_line()
        number = self._numbers[-1]
        marker = "- " if number is None else f"{number}. "
        if number is not None:
            self._numbers[-1] = number + 1
        self._prefixes.append(_Prefix(marker, " " * len(marker)))

    def _end_link(self, address: str, begin: int) -> None:
        words = "".join(self._line[begin:])
        said = {words, f"mailto:{words}", f"http://{words}", f"https://{words}"}
        if address and address not in said:
            self._line.append(f" ({address})")

    def _end_line(self, *, keep: bool = False) -> None:
        """Write the line, unless it is empty; `keep` writes an empty one, too."""
        line = "".join(self._line)
        self._line = []
        if not line.strip(" ") and not keep:
            return
        if self._wants_blank:
            known = "".join(prefix.rest for prefix in self._prefixes if prefix.used)
            self._lines.append(known.rstrip())
            self._wants_blank = False
        before = "".join(prefix.take() for prefix in self._prefixes)
        self._lines.append(f"{before}{line}".rstrip(" "))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 1
