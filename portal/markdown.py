"""What people write, as HTML that is safe to show: Markdown first, then a sanitizer.

Messages are rendered once, when they are written. RENDERER_VERSION stands beside each rendered
text: raise it with every change here that should reach old messages, and a job renders them again.
Two walls stand behind one another: the renderer lets no markup of the writer through, and the
sanitizer keeps only what is listed here. The length of a message is limited by the caller.
"""

import ctypes
import re
from html import escape

import nh3
from cmarkgfm import _cmark, cmark

RENDERER_VERSION = 1

# A noncharacter: no text that passed the gate of `portal.security.text` needs it.
_SEAM = "\ufdd0"
_SEAM_IN_URL = "%EF%B7%90"
# `<name>` typed by a person is text. Markup is no longer markup with the seam behind its bracket,
# neither for blocks nor inside lines, while code spans stay as they are. Addresses in brackets
# are the exception: those are links.
_BRACKET = re.compile(r"<(?!(?:https?://|mailto:)[^\s<>]*>)", re.IGNORECASE)
_HEADING = re.compile(r"<(/?)h[1-6]>")
_TAG = re.compile(r"<(/?)([a-z]+)[^>]*>")
_VOID = frozenset({"br", "hr", "img"})
# A table row is filled up to the width of its head, so a few bytes can ask for megabytes.
_MAX_CELLS = 20_000
# Sanitizing costs the square of the depth; nobody nests a message this deep in earnest.
_MAX_DEPTH = 60

_EXTENSIONS = (b"table", b"strikethrough", b"autolink")
_WITHOUT_TABLES = _EXTENSIONS[1:]

_CLEANER = nh3.Cleaner(
    tags={
        *("p", "br", "hr", "blockquote", "pre", "code", "em", "strong", "del", "a"),
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
    lines = message.split("\n")
    tables = max(line.count("|") for line in lines) * len(lines) <= _MAX_CELLS
    source = _BRACKET.sub("<" + _SEAM, message.replace(_SEAM, "\ufffd"))
    html = _to_html(source, _EXTENSIONS if tables else _WITHOUT_TABLES)
    if _is_too_deep(html):
        return plain(message)
    html = html.replace(_SEAM, "").replace(_SEAM_IN_URL, "")
    return _CLEANER.clean(_HEADING.sub(_as_paragraph, html))


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


class _Allocator(ctypes.Structure):
    _fields_ = (
        ("calloc", ctypes.c_void_p),
        ("realloc", ctypes.c_void_p),
        ("free", ctypes.CFUNCTYPE(None, ctypes.c_void_p)),
    )


def _load() -> ctypes.PyDLL:
    """Open the C library inside cmarkgfm.

    Its own Python functions never free the syntax tree nor the result: fifty times the size of
    each message is lost. PyDLL keeps the interpreter lock during a call, which is needed: the
    extensions change a table that all parsers share.
    """
    lib = ctypes.PyDLL(_cmark.__file__)
    pointer, number = ctypes.c_void_p, ctypes.c_int
    for name, result, arguments in (
        ("cmark_gfm_core_extensions_ensure_registered", None, ()),
        ("cmark_find_syntax_extension", pointer, (ctypes.c_char_p,)),
        ("cmark_get_default_mem_allocator", ctypes.POINTER(_Allocator), ()),
        ("cmark_parser_new", pointer, (number,)),
        ("cmark_parser_attach_syntax_extension", number, (pointer, pointer)),
        ("cmark_parser_get_syntax_extensions", pointer, (pointer,)),
        ("cmark_parser_feed", None, (pointer, ctypes.c_char_p, ctypes.c_size_t)),
        ("cmark_parser_finish", pointer, (pointer,)),
        ("cmark_parser_free", None, (pointer,)),
        ("cmark_render_html", pointer, (pointer, number, pointer)),
        ("cmark_node_free", None, (pointer,)),
    ):
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    lib.cmark_gfm_core_extensions_ensure_registered()
    return lib


_LIB = _load()
_FREE = _LIB.cmark_get_default_mem_allocator().contents.free
_OPTIONS = cmark.Options.CMARK_OPT_HARDBREAKS | cmark.Options.CMARK_OPT_VALIDATE_UTF8


def _to_html(source: str, extensions: tuple[bytes, ...]) -> str:
    data = source.encode(errors="replace")
    parser = _LIB.cmark_parser_new(_OPTIONS)
    for name in extensions:
        extension = _LIB.cmark_find_syntax_extension(name)
        _LIB.cmark_parser_attach_syntax_extension(parser, extension)
    _LIB.cmark_parser_feed(parser, data, len(data))
    root = _LIB.cmark_parser_finish(parser)
    attached = _LIB.cmark_parser_get_syntax_extensions(parser)
    buffer = _LIB.cmark_render_html(root, _OPTIONS, attached)
    html = ctypes.string_at(buffer).decode()
    _FREE(buffer)
    _LIB.cmark_node_free(root)
    _LIB.cmark_parser_free(parser)
    return html
