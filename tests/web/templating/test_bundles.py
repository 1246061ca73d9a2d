"""Files that are sent as one, and what is left out of them."""

import re

import pytest

from portal.config import ROOT
from portal.web.templating.bundles import BUNDLES, shortened
from tests.page import Visitor

OURS = sorted(p for folder in ("css", "js") for p in (ROOT / "static" / folder).iterdir())
NAMES = [f"{path.parent.name}/{path.name}" for path in OURS]


def source(name: str) -> str:
    return (ROOT / "static" / name).read_text()


@pytest.mark.parametrize("name", NAMES)
def test_nothing_but_comments_and_white_space_is_left_out(name: str):
    text, sent = source(name), shortened(name, source(name))
    assert len(sent) < len(text)
    comments = r"/\*.*?\*/" if name.startswith("css/") else r"(?m)^\s*//.*$"
    kept = re.sub(comments, "", text, flags=re.DOTALL if name.startswith("css/") else 0)
    assert "".join(kept.split()) == "".join(sent.split())
    quoted = r'"[^"\n]*"'
    assert re.findall(quoted, kept) == re.findall(quoted, sent)


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("js/")])
def test_no_text_of_a_script_goes_over_a_line(name: str):
    """It would lose its indentation, and each line that looks like a comment."""
    for line in source(name).splitlines():
        code = re.sub(r'"(\\.|[^"\\])*"|/[^/ ]*`[^/]*/', "", line.partition("//")[0])
        assert code.count("`") % 2 == 0, line


def test_a_script_keeps_its_lines_and_a_stylesheet_its_spaces():
    script = "// Why.\n(() => {\n  // How.\n  go(); // now\n})();\n"
    assert shortened("js/a.js", script) == "(() => {\ngo(); // now\n})();\n"
    style = (
        '/* A\n   b. */\n.a > .b,\n.a :hover {\n  content: " — ";\n  inset: 0 calc(1px + 2px);\n}\n'
    )
    assert shortened("css/a.css", style) == (
        '.a > .b,.a :hover{content: " — ";inset: 0 calc(1px + 2px);}'
    )
    assert shortened("vendor/a.js", script) == script


@pytest.mark.parametrize("name", BUNDLES)
def test_a_bundle_is_its_parts_in_their_order(client: Visitor, name: str):
    parts = [client.http.get(f"/static/{part}").data for part in BUNDLES[name]]
    assert client.http.get(f"/static/{name}").data == b"".join(parts)


def test_each_script_is_part_of_a_bundle_or_loaded_by_a_page():
    parts = {part for of in BUNDLES.values() for part in of}
    pages = " ".join(path.read_text() for path in (ROOT / "templates").rglob("*.html"))
    assert [name for name in NAMES if name not in parts and f"asset('{name}')" not in pages] == []
