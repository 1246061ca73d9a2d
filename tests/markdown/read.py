"""What somebody reads who looks at a rendered message."""

from html.parser import HTMLParser


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.targets: list[str] = []
        self._numbers: list[int | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in {"ol", "ul"}:
            self._numbers.append(int(given.get("start") or 1) if tag == "ol" else None)
        elif tag == "li" and self._numbers and self._numbers[-1] is not None:
            self.text.append(f" {self._numbers[-1]} ")
            self._numbers[-1] += 1
        elif tag == "a":
            self.targets.append(given.get("href") or "")
        if tag in {"td", "th", "br", "p", "li"}:
            self.text.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"ol", "ul"}:
            self._numbers.pop()

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def text(html: str) -> str:
    """The words of it, with the numbers that a browser writes before items."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return "".join(reader.text)


def targets(html: str) -> list[str]:
    """Where its links lead."""
    reader = _Reader()
    reader.feed(html)
    return reader.targets
