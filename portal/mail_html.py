"""The HTML of a mail, as it may be shown in a frame of its own.

Two walls stand behind one another. The first writes it anew: known tags alone, each of them closed,
none too deep, so that the second, the sanitizer, takes time in proportion to the length whatever a
stranger has sent. Colours, sizes and positions are left out: what a mail hides is seen, and it is
read in both themes. Pictures of other servers are left out unless asked for.
"""

import re
from collections.abc import Container, Mapping
from html import escape, unescape
from urllib.parse import quote, unquote

import nh3

from portal.mail_parsing import html_text

# Sanitizing costs the square of the depth; mails made of tables have about thirty.
_MAX_DEPTH = 60
_VOID = frozenset({"br", "hr", "img", "wbr", "col"})
_WORDS = frozenset({"a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "del", "dfn", "em", "i"})
_WORDS |= {"ins", "kbd", "mark", "q", "s", "samp", "small", "span", "strike", "strong", "sub"}
_WORDS |= {"sup", "tt", "u", "var"}
_TABLE = frozenset({"caption", "colgroup", "tbody", "td", "tfoot", "th", "thead", "tr"})
_BLOCKS = frozenset({"address", "article", "aside", "blockquote", "center", "div", "dl", "footer"})
_BLOCKS |= {"h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "main", "ol", "p", "pre", "section"}
_BLOCKS |= {"table", "ul"}
_TAGS = _VOID | _WORDS | _TABLE | _BLOCKS | {"dd", "dt", "li"}
_SPANS = frozenset({"colspan", "rowspan", "align", "valign"})
_ATTRIBUTES: dict[str, frozenset[str]] = {
    "a": frozenset({"href"}),
    "img": frozenset({"src", "alt", "width", "height"}),
    "ol": frozenset({"start"}),
    "table": frozenset({"border"}),
    "td": _SPANS,
    "th": _SPANS,
    "tr": frozenset({"align", "valign"}),
    "p": frozenset({"align"}),
    "div": frozenset({"align"}),
}
_EVERYWHERE = frozenset({"dir", "lang", "title"})
# A tag ends those of the first kind that are open, up to one of the second.
_ENDS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    **dict.fromkeys(_BLOCKS, (frozenset({"p"}), frozenset({"td", "th", "table"}))),
    "a": (frozenset({"a"}), frozenset({"td", "th", "table"})),
    "li": (frozenset({"li"}), frozenset({"ol", "ul", "td", "th"})),
    **dict.fromkeys(("dd", "dt"), (frozenset({"dd", "dt"}), frozenset({"dl", "td", "th"}))),
    **dict.fromkeys(("td", "th"), (frozenset({"td", "th"}), frozenset({"tr", "table"}))),
    "tr": (frozenset({"tr"}), frozenset({"table"})),
    **dict.fromkeys(
        ("tbody", "tfoot", "thead"), (frozenset({"tbody", "tfoot", "thead"}), frozenset({"table"}))
    ),
}
# An end tag reaches no further out than the cell that it stands in.
_CELL = frozenset({"td", "th", "table"})
_PICTURE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]+", re.IGNORECASE)
_REMOTE = re.compile(r"(?:https?:)?//", re.IGNORECASE)
_SCHEME = re.compile(r"(?:https?:)?", re.IGNORECASE)
_NAMED = re.compile(r"\bcid:([^\"'\s<>]{1,400})", re.IGNORECASE)
_SAFE_LINK = re.compile(r"(?:https?://|mailto:|tel:)", re.IGNORECASE)
_OF_MAIL = re.compile(r'(<img [^<>]{0,6000}?src=")cid:([^"<>]{1,400})"')


def _filtered(tag: str, name: str, value: str) -> str | None:
    """The value of an attribute that the sanitizer knows; None without it."""
    if name == "href":
        return value if _SAFE_LINK.match(value) else None
    if name == "src":
        ours = value.startswith(("cid:", "https://")) or _PICTURE.fullmatch(value)
        return value if tag == "img" and ours else None
    return value


_CLEANER = nh3.Cleaner(
    tags=set(_TAGS),
    attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()} | {"*": set(_EVERYWHERE)},
    attribute_filter=_filtered,
    set_tag_attribute_values={"a": {"target": "_blank"}},
    url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
    url_relative="deny",
    link_rel="nofollow noopener noreferrer",
)


def pictures_named(html: str) -> frozenset[str]:
    """The names of the mail's own pictures in `html`, as `show` takes them."""
    return frozenset(_name(found) for found in _NAMED.findall(html[: html_text.MAX_HTML]))


def show(html: str, pictures: Mapping[str, str], *, remote: bool = False) -> str:
    """What `html` shows. `pictures` are addresses of the mail's own, by `pictures_named`.

    Pictures of other servers stay only with `remote`, and over TLS alone.
    """
    writer = _Writer(pictures, remote=remote)
    writer.feed(html_text.tamed(html[: html_text.MAX_HTML]))
    writer.close()
    clean = _CLEANER.clean(writer.html())

    def replaced(found: re.Match[str]) -> str:
        return f'{found[1]}{escape(pictures.get(_name(found[2]), ""))}"'

    return _OF_MAIL.sub(replaced, clean)


def _name(written: str) -> str:
    return unquote(unescape(written)).lower()


class _Writer(html_text.Reader):
    """Writes known tags, each closed in its place."""

    def __init__(self, pictures: Container[str], *, remote: bool) -> None:
        super().__init__(convert_charrefs=True)
        self._pictures = pictures
        self._wants_remote = remote
        self._parts: list[str] = []
        self._open: list[str] = []
        self._beyond = 0
        self._silent = 0

    def html(self) -> str:
        self._close_to(0)
        return "".join(self._parts)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in html_text.SILENT:
            self._silent += 1
        elif tag == "body":
            # A head that was never closed hides nothing else.
            self._silent = 0
        elif tag in _TAGS and not self._silent:
            self._begin(tag, {name: value or "" for name, value in reversed(attrs)})

    def _begin(self, tag: str, given: dict[str, str]) -> None:
        self._end_implied(tag)
        if tag == "img":
            self._picture(given)
            return
        if tag not in _VOID:
            if len(self._open) >= _MAX_DEPTH:
                self._beyond += 1
                return
            self._open.append(tag)
        self._write(tag, given)

    def _write(self, tag: str, given: dict[str, str]) -> None:
        known = _ATTRIBUTES.get(tag, frozenset()) | _EVERYWHERE
        written = "".join(
            f' {name}="{escape(value)}"' for name, value in given.items() if name in known
        )
        self._parts.append(f"<{tag}{written}>")

    def _picture(self, given: dict[str, str]) -> None:
        """A picture, or the words that stand for one that is not shown."""
        source = self._source("".join(given.get("src", "").split()))
        if source:
            self._write("img", {"alt": "", **given, "src": source})
        else:
            self._parts.append(escape(given.get("alt", "")))

    def _source(self, written: str) -> str:
        """The address of a picture that may be shown; empty for all others."""
        if _REMOTE.match(written):
            return _SCHEME.sub("https:", written, count=1) if self._wants_remote else ""
        if written[:4].lower() == "cid:":
            name = _name(written[4:])
            return f"cid:{quote(name)}" if name in self._pictures else ""
        return written if _PICTURE.fullmatch(written) else ""

    def handle_endtag(self, tag: str) -> None:
        if tag in html_text.SILENT:
            self._silent = max(self._silent - 1, 0)
        elif tag in _TAGS and tag not in _VOID and not self._silent:
            if self._beyond:
                self._beyond -= 1
                return
            barrier = frozenset({"table"}) if tag in _TABLE else _CELL
            self._close(frozenset({tag}), barrier - {tag})

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._parts.append(escape(data, quote=False))

    def _end_implied(self, tag: str) -> None:
        if tag in _ENDS:
            self._close(*_ENDS[tag])

    def _close(self, tags: frozenset[str], barrier: frozenset[str]) -> None:
        """Close the innermost of `tags` that is open, unless one of `barrier` stands within it."""
        for place in range(len(self._open) - 1, -1, -1):
            if self._open[place] in tags:
                self._close_to(place)
                return
            if self._open[place] in barrier:
                return

    def _close_to(self, place: int) -> None:
        while len(self._open) > place:
            self._parts.append(f"</{self._open.pop()}>")
