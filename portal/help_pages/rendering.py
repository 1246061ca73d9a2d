"""A page of the guide as HTML. The text is ours, and reads as well where the files are looked at.

Unlike in messages, headings, pictures and links inside the guide are meant. Marks that are typed
wrongly are shown as they stand, and HTML is text.
"""

import re
from functools import partial
from html import escape
from typing import NamedTuple

import comrak
from flask import current_app, url_for

from portal.help_pages.contents import has_page
from portal.markdown.text import as_text

_EXTENSIONS = comrak.ExtensionOptions()
_EXTENSIONS.table = True
_EXTENSIONS.header_id_prefix = ""
_PARSING = comrak.ParseOptions()
_RENDERING = comrak.RenderOptions()
_RENDERING.escape = True

_SELF_LINK = re.compile(
    r'<h(\d) id="([^"]*)">(.*?)<a href="#[^>]*class="anchor"></a></h\1>', re.DOTALL
)
_SECTION = re.compile(r'<h[2-6] id="([^"]*)">(.*?)</h[2-6]>', re.DOTALL)
_LINK = re.compile(r'<a href="((?:\.\./)?(?:[a-z-]+/)?[a-z-]+)\.md(#[^"]*)?">')
_PICTURE = re.compile(r'<img src="(?:\.\./)+pictures/([a-z0-9/-]+\.png)" alt="([^"]*)" />')
_TABLE = re.compile(r"<table>.*?</table>", re.DOTALL)
_ROW = re.compile(r"<tr>(.*?)</tr>", re.DOTALL)
# Of a PNG: its head, then width and height.
_WIDTH, _HEIGHT = slice(16, 20), slice(20, 24)


class Section(NamedTuple):
    """What stands under one heading, as text."""

    anchor: str
    heading: str
    text: str


def render(text: str, chapter: str) -> tuple[str, tuple[Section, ...]]:
    """A page of that chapter as HTML, and its sections."""
    html = comrak.render_markdown(text, _EXTENSIONS, _PARSING, _RENDERING)
    html = _SELF_LINK.sub(r'<h\1 id="\2">\3</h\1>', html)
    html = _LINK.sub(partial(_link, chapter), html)
    html = _PICTURE.sub(_picture, html)
    html = _TABLE.sub(_named_cells, html)
    return html, tuple(_sections(html))


def _sections(html: str) -> list[Section]:
    first, *others = _SECTION.split(html)
    parts = zip(others[::3], others[1::3], others[2::3], strict=True)
    found = [Section(anchor, as_text(heading), as_text(body)) for anchor, heading, body in parts]
    return [Section("", "", as_text(first)), *found]


def _link(chapter: str, found: re.Match[str]) -> str:
    """A link to another page. Raises LookupError if the guide has none of that name."""
    *folder, name = found[1].removeprefix("../").split("/")
    target = folder[0] if folder else chapter
    if not has_page(target, name):
        raise LookupError(f"no page {target}/{name}")
    return f'<a href="{url_for("help.page", chapter=target, name=name)}{found[2] or ""}">'


def _named_cells(table: re.Match[str]) -> str:
    """Each cell with the head of its column, for where there is no room for columns (help.css)."""
    heads = [as_text(head) for head in re.findall(r"<th>(.*?)</th>", table[0], re.DOTALL)]

    def named(row: re.Match[str]) -> str:
        of = iter(heads)
        return re.sub("<td>", lambda _: f'<td data-of="{escape(next(of))}">', row[0])

    return _ROW.sub(named, table[0])


def _picture(found: re.Match[str]) -> str:
    """A picture with its size, so that nothing moves when it has come; it leads to itself alone."""
    path, words = found.groups()
    asset = current_app.extensions["lodge.assets"][f"guide/{path}"]
    width, height = (int.from_bytes(asset.body[side]) for side in (_WIDTH, _HEIGHT))
    size = f'width="{width}" height="{height}"'
    return f'<a href="{asset.url}"><img src="{asset.url}" alt="{words}" {size} loading="lazy"></a>'
