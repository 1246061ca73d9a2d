"""The text of an HTML mail, in lines: quotes get `>`, links that hide their address show it."""

import re
from html.parser import HTMLParser

MAX_HTML = 1_000_000
_SPACE = re.compile(r"[ \t\n\r\f\xa0]+")
SILENT = frozenset({"head", "script", "style", "title", "template", "svg", "math", "noscript"})
_BLOCKS = frozenset(
    {"address", "article", "aside", "blockquote", "center", "div", "dl", "fieldset", "footer"}
    | {"form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol"}
    | {"p", "pre", "section", "table", "tr", "ul"}
)
_APART = frozenset({"p", "table", "ul", "ol", "h1", "h2", "h3", "h4", "h5", "h6"})
_MAX_QUOTES = 10
_PICTURE = re.compile(r"<img\b[^<>]{0,5000}", re.IGNORECASE)
_REMOTE = re.compile(r"\bsrc\s{0,5}=[\s\"']{0,5}(?:https?:)?//", re.IGNORECASE)
# Word writes hundreds of comments.
_MAX_UNCLOSED = 3_000


def to_text(html: str) -> str:
    """What `html` shows, without marks, scripts and styles."""
    writer = _Writer()
    writer.feed(tamed(html[:MAX_HTML]))
    writer.close()
    return writer.text()


def names_remote_pictures(html: str) -> bool:
    """Whether `html` would load a picture of another server."""
    return any(_REMOTE.search(tag) for tag in _PICTURE.findall(html))


def tamed(html: str) -> str:
    """Without what makes the standard parser start over: many marks that are never closed."""
    for mark in ("<!", "<?", "</"):
        if html.count(mark) > html.count(">") + _MAX_UNCLOSED:
            html = html.replace(mark, " ")
    if html.count("<!") > _MAX_UNCLOSED:
        html = html.replace("<!", " ")
    end = html.rfind(">") + 1
    return html[:end] + html[end:].replace("<", " ")


class Reader(HTMLParser):
    """The standard parser, which raises at declarations that browsers pass over."""

    def parse_marked_section(self, i: int, report: int = 1) -> int:
        """`<![if !mso]>`: a comment, as in browsers."""
        return self.parse_bogus_comment(i, bool(report))


class _Writer(Reader):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = []
        self._line: list[str] = []
        self._silent = 0
        self._quotes = 0
        self._pre = 0
        self._links: list[tuple[str, int]] = []

    def text(self) -> str:
        self._break()
        return re.sub(r"\n{3,}", "\n\n", "\n".join(self._lines)).strip("\n")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in SILENT:
            self._silent += 1
        elif tag == "body":
            # A head that was never closed hides nothing else.
            self._silent = 0
        elif tag == "br":
            self._break(keep=True)
        elif tag in _BLOCKS:
            self._break(apart=tag in _APART)
            self._quotes += tag == "blockquote"
            self._pre += tag == "pre"
            if tag == "li":
                self._line.append("- ")
        elif tag in {"td", "th"} and self._line:
            self._line.append("   ")
        elif tag == "a":
            self._links.append((dict(attrs).get("href") or "", len(self._line)))
        elif tag == "img" and (alt := dict(attrs).get("alt")):
            self.handle_data(alt)

    def handle_endtag(self, tag: str) -> None:
        if tag in SILENT:
            self._silent = max(self._silent - 1, 0)
        elif tag == "a" and self._links:
            self._end_link(*self._links.pop())
        elif tag in _BLOCKS:
            self._break(apart=tag in _APART)
            self._quotes = max(self._quotes - (tag == "blockquote"), 0)
            self._pre = max(self._pre - (tag == "pre"), 0)

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        if self._pre:
            first, *others = data.split("\n")
            self._line.append(first)
            for line in others:
                self._break(keep=True)
                self._line.append(line)
        elif text := _SPACE.sub(" ", data) if self._line else _SPACE.sub(" ", data).lstrip(" "):
            self._line.append(text)

    def _end_link(self, address: str, begin: int) -> None:
        words = "".join(self._line[begin:]).strip()
        shown = address.removeprefix("mailto:").strip()
        if shown.startswith(("http://", "https://")) and words and words not in shown:
            self._line.append(f" ({shown[:2000]})")

    def _break(self, *, keep: bool = False, apart: bool = False) -> None:
        line = "".join(self._line).rstrip()
        self._line = []
        # So that those of a list of links stay together.
        self._links = [(address, 0) for address, _begin in self._links[-5:]]
        prefix = "> " * min(self._quotes, _MAX_QUOTES)
        if line or keep:
            self._lines.append(f"{prefix}{line}".rstrip())
        if apart and self._lines and self._lines[-1].strip("> "):
            self._lines.append(prefix.rstrip())
