"""What people write, as HTML that is safe to show: Markdown first, then a sanitizer.

Most who write have never heard of Markdown. So what is typed is what is read: only marks that are
meant as such disappear (`blocks`, `marks`), everything else is hidden from the parser and shown as
it stands. docs/decisions/0040 says which marks those are.

Messages are rendered once, when they are written. RENDERER_VERSION stands beside each rendered
text: raise it with every change here that should reach old messages, and a job renders them again.
Two walls stand behind one another: the renderer lets no markup of the writer through, and the
sanitizer keeps only what is listed here. The length of a message is limited by the caller.
"""

import re
from html import escape, unescape

import comrak
import nh3

from portal.markdown import links
from portal.markdown.blocks import prepare
from portal.markdown.stand_ins import LINK_END, LINK_START, show, without

RENDERER_VERSION = 2

_HEADING = re.compile(r"<(/?)h[1-6]>")
_TAG = re.compile(r"<(/?)([a-z]+)[^>]*>")
_TAG_OR_LINK = re.compile(
    rf"<(?P<end>/?)(?:a|code)\b[^>]*>|{LINK_START}(?P<address>[^{LINK_END}]*){LINK_END}"
)
_VOID = frozenset({"br", "hr", "img"})
# Sanitizing costs the square of the depth; nobody nests a message this deep in earnest.
_MAX_DEPTH = 60

_EXTENSIONS = comrak.ExtensionOptions()
_EXTENSIONS.table = True
_EXTENSIONS.strikethrough = True
_EXTENSIONS.cjk_friendly_emphasis = True
_PARSING = comrak.ParseOptions()
_PARSING.ignore_setext = True
_RENDERING = comrak.RenderOptions()
_RENDERING.hardbreaks = True
_RENDERING.escape = True

_CLEANER = nh3.Cleaner(
    tags={
        *("p", "br", "blockquote", "pre", "code", "em", "strong", "del", "a"),
        *("ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td"),
    },
    attributes={"*": set(), "a": {"href"}, "ol": {"start"}},
    tag_attribute_values={tag: {"align": {"left", "center", "right"}} for tag in ("th", "td")},
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
    link_rel="nofollow noopener noreferrer",
)


def render(message: str) -> str:
    """`message` as sanitized HTML. Takes time in proportion to its length, whatever it holds."""
    source = message.encode(errors="replace").decode().replace("\r\n", "\n").replace("\r", "\n")
    prepared = prepare(without(source))
    html = comrak.render_markdown(prepared, _EXTENSIONS, _PARSING, _RENDERING)
    if _is_too_deep(html):
        return plain(message)
    html = _HEADING.sub(_as_paragraph, _with_links(html))
    return _CLEANER.clean(show(html))


def _with_links(html: str) -> str:
    """`html` with the addresses that were found in it as links, but in code and in other links."""
    depth = 0

    def replaced(found: re.Match[str]) -> str:
        nonlocal depth
        address = found["address"]
        if address is None:
            depth += -1 if found["end"] else 1
            return found[0]
        return address if depth else f'<a href="{escape(_target(address))}">{address}</a>'

    return _TAG_OR_LINK.sub(replaced, html)


def _target(address: str) -> str:
    return links.target(unescape(show(address)))


def _as_paragraph(heading: re.Match[str]) -> str:
    """Headings belong to the page's outline; in a message they are bold lines."""
    return "</strong></p>" if heading[1] else "<p><strong>"


def _is_too_deep(html: str) -> bool:
    depth = 0
    for found in _TAG.finditer(html):  # not all at once: there may be a hundred thousand
        closing, tag = found.groups()
        if tag not in _VOID:
            depth += -1 if closing else 1
            if depth > _MAX_DEPTH:
                return True
    return False


def plain(message: str) -> str:
    """Paragraphs and line breaks, nothing else: for input that only a machine would write."""
    paragraphs = re.split(r"\n[ \t]*\n", message)
    return "".join(f"<p>{escape(part).replace(chr(10), '<br>')}</p>" for part in paragraphs)
