"""The house rules are only as good as what they catch."""

import pytest

from tests.html import broken_rules, parse

PAGE = """<!doctype html><html lang="en"><head><title>Queue</title></head>
<body><main><h1>Queue</h1>{}</main></body></html>"""


def faults(inside: str) -> list[str]:
    return broken_rules(parse(PAGE.format(inside)))


def test_a_plain_page_breaks_no_rule() -> None:
    assert faults('<p id="a">text</p><br><svg><path d="M0 0"/></svg>') == []


@pytest.mark.parametrize(
    ("html", "fault"),
    [
        ("<h1>Again</h1>", "2 <h1>"),
        ('<p id="a"></p><p id="a"></p>', "id 'a' 2 times"),
        ("<form></form>", "without an action"),
        ('<form action="/x" method="post"></form>', "no CSRF token"),
        ('<input name="q">', "has no label"),
        ('<label for="b">B</label><input id="c" name="q">', "has no label"),
        ("<style>p {}</style>", "inline <style>"),
        ("<script>1</script>", "inline <script>"),
        ('<p style="color: red"></p>', "inline ['style']"),
        ('<a href="/x" onclick="y()">x</a>', "inline ['onclick']"),
        ('<a href="javascript:1">x</a>', "link that is a script"),
        ('<img src="/x.png">', "without alt"),
        ('<button type="submit"></button>', "without a name"),
        ('<p aria-describedby="gone"></p>', "'gone', which is not there"),
    ],
)
def test_a_broken_rule_is_named(html: str, fault: str) -> None:
    assert fault in " ".join(faults(html))


@pytest.mark.parametrize("html", ["<p><b></p></b>", "<div>", '<p id="a" id="b"></p>'])
def test_html_that_a_browser_would_have_to_repair_is_refused(html: str) -> None:
    with pytest.raises(AssertionError):
        parse(html)


def test_a_label_counts_by_name_by_nesting_and_by_aria() -> None:
    html = (
        '<label for="a">A</label><input id="a" name="a"><label>B <input name="b"></label>'
        '<input name="c" aria-label="C">'
    )
    assert faults(html) == []


def test_elements_are_found_by_tag_class_and_attribute() -> None:
    tree = parse('<ul class="a b"><li data-x="1">one <b>two</b></li><li>three</li></ul>')
    assert tree.one("ul", class_="b").text == "one twothree"
    assert tree.one("li", data_x="1").text == "one two"
    assert len(tree.all("li")) == 2
