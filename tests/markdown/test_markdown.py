"""What people write is shown as they wrote it, and nothing of it runs."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from portal.markdown import render
from tests import timing

REL = 'rel="nofollow noopener noreferrer"'


def test_emphasis_lists_and_code_become_html():
    html = render("Hello **Bob**, run `make`:\n\n- one\n- two\n")
    assert html == (
        "<p>Hello <strong>Bob</strong>, run <code>make</code>:</p>\n"
        "<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n"
    )


def test_a_line_break_stays_a_line_break():
    assert render("Kind regards,\nAnna") == "<p>Kind regards,<br>\nAnna</p>\n"


def test_tables_and_strikethrough_are_understood():
    html = render("|a|b|\n|:-|-:|\n|1|~~2~~|")
    assert '<td align="left">1</td>' in html
    assert '<td align="right"><del>2</del></td>' in html


def test_headings_become_bold_lines_so_that_the_page_keeps_its_outline():
    assert render("# Broken\n\nText") == "<p><strong>Broken</strong></p>\n<p>Text</p>\n"


def test_addresses_become_links():
    html = render("See https://example.com/a?b=c&d or mail bob@example.com")
    assert f'<a href="https://example.com/a?b=c&amp;d" {REL}>' in html
    assert f'<a href="mailto:bob@example.com" {REL}>' in html


def test_an_address_in_angle_brackets_is_a_link():
    assert f'<a href="https://example.com" {REL}>https://example.com</a>' in render(
        "<https://example.com>"
    )


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("Dear <name>, call <tel_num>", "Dear &lt;name&gt;, call &lt;tel_num&gt;"),
        ("<name>\nplease **call**", "&lt;name&gt;<br>\nplease <strong>call</strong>"),
        ("<div>\n<b>x</b>\n</div>", "&lt;div&gt;<br>\n&lt;b&gt;x&lt;/b&gt;<br>\n&lt;/div&gt;"),
        ("a <!-- hidden --> b", "a &lt;!-- hidden --&gt; b"),
        ("1 < 2 && 3 > 2", "1 &lt; 2 &amp;&amp; 3 &gt; 2"),
        ("Bob <bob@e.org>", "Bob &lt;<a"),
        ("`<b> &lt; <https://e.org>`", "<code>&lt;b&gt; &amp;lt; &lt;https://e.org&gt;</code>"),
        ("    <code>", "<pre><code>&lt;code&gt;\n</code></pre>"),
        ("> <quoted>", "<p>&lt;quoted&gt;</p>"),
        ("&lt;name&gt;", "&amp;lt;name&amp;gt;"),
        ("{{ 7*7 }} {% x %}", "{{ 7*7 }} {% x %}"),
    ],
)
def test_markup_of_the_writer_is_shown_as_text(message, shown):
    assert shown in render(message)


def test_no_mark_of_our_own_is_left_in_the_result():
    html = render("<a [x](<b>) \ufdd0 https://e.org/?q=<z")
    assert "\ufdd0" not in html
    assert "%EF%B7%90" not in html


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<form action=//e.org><input name=password>",
    "<a href='#' hx-get=/auth/logout hx-trigger=load>x</a>",
    "<p style='position:fixed' id=main class=btn data-x=1>",
    "<scr<script>ipt>alert(1)</script>",
    "<\ufdd0script>alert(1)</script>",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](java\nscript:alert(1))",
    "[a](&#x6A;avascript:alert(1))",
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "[a](vbscript:x)",
    "[a](file:///etc/passwd)",
    "[a](//e.org)",
    "[a](/auth/logout)",
    "[a](\x01javascript:alert(1))",
    "<javascript:alert(1)>",
    '[a](https://e.org "onmouseover=alert(1)")',
    '[a](https://e.org"onmouseover="alert(1))',
    "![t](https://e.org/pixel.png)",
    "![t](data:image/svg+xml,<svg/onload=alert(1)>)",
    "[a]\n\n[a]: javascript:alert(1)",
    "`<script>`<script>alert(1)</script>",
    '```"><script>alert(1)</script>\nx\n```',
    "|<script>|\n|-|\n|<img src=x onerror=y>|",
    "https://e.org/<script>alert(1)</script>",
]
ALLOWED = re.compile(
    r"</?(?:p|br|blockquote|pre|code|em|strong|del|ul|ol|li|table|thead|tbody|tr|th|td)>"
    r'|<ol start="\d+">|<t[hd] align="(?:left|center|right)">'
    r'|<a(?: href="(?:https?://|mailto:)[^"<>]*")? ' + REL + ">|</a>"
)


@pytest.mark.threat("scripts in text")
@pytest.mark.parametrize("message", [*HOSTILE, "\n\n".join(HOSTILE), " ".join(HOSTILE)])
def test_nothing_but_the_allow_list_comes_out(message):
    assert "<" not in ALLOWED.sub("", render(message))


@pytest.mark.threat("scripts in text")
def test_a_picture_elsewhere_is_a_link_that_nobody_follows_by_reading():
    html = render("a ![t](https://e.org/pixel.png) b")
    assert "<img" not in html
    assert f'!<a href="https://e.org/pixel.png" {REL}>t</a>' in html


FLOODS = {
    "brackets": "[" * 20_000,
    "open links": "[a](" * 16_000,
    "quotes": ">" * 65_536,
    "quotes with spaces": "> " * 32_768,
    "asterisks": "*" * 64_000,
    "half emphasis": "*a _b " * 10_000,
    "deep emphasis": "*a " * 10_000 + " a*" * 10_000,
    "tildes": "~a" * 32_000,
    "backticks": "".join("`" * i + " " for i in range(1, 350)),
    "open tags": "<" * 64_000,
    "open comments": "<!--" * 16_000,
    "open addresses": "<https://a" * 6_000,
    "nested list": "".join(" " * 2 * i + "- a\n" for i in range(250)),
    "nested list in a line": "- " * 32_000,
    "nested numbers": "1. " * 20_000,
    "wide table": "|a" * 10_000 + "\n" + "|-" * 10_000 + "\n" + "x\n" * 2_000,
    "filled table": "|".join("a" * 100) + "\n" + "|".join("-" * 100) + "\n" + "x\n" * 20_000,
    "addresses": "www." * 16_000,
    "mail addresses": "a@" * 32_000,
    "long word": "a" * 64_000,
    "entities": "&#x" * 20_000,
    "rulers": "|a|\n|-|\n" * 8_000 + "|1|2|",
    "fences": "".join(f"```a{i}\n" for i in range(6_000)),
    "shrinking fences": "".join("~" * i + "\n" for i in range(350, 3, -1)),
    "numbers": "".join(f"{i}. a\n" for i in range(8_000)) + "1. b",
    "items ever deeper": "".join(" " * i + "1. a\n" for i in range(340)),
    "closing brackets": "https://e.org/" + ")" * 60_000,
    "many short addresses": ("https://e.org/" + ")" * 1_900 + " ") * 30,
    "references": "".join(f"[{i}]: x\n" for i in range(8_000)) + "[1]" * 2_000,
}


@pytest.mark.threat("costly text")
@pytest.mark.parametrize("name", FLOODS)
def test_hostile_input_costs_no_more_than_its_length(name):
    flood = FLOODS[name]
    assert timing.cpu_seconds(lambda: render(flood)) < 1
    assert len(render(flood)) < 20 * len(flood) + 1_000


def test_a_message_nested_beyond_reason_is_shown_as_plain_text():
    assert render(">" * 200 + " <b>\nx") == f"<p>{'&gt;' * 200} &lt;b&gt;<br>x</p>"


def test_nested_quotes_of_a_long_conversation_stay_quotes():
    assert render("> " * 20 + "deep").count("<blockquote>") == 20


@pytest.mark.parametrize("message", ["", " ", "\n", "\x00", "a\x00b", "\ud800", "\ufeffa"])
def test_any_text_is_rendered_without_an_error(message):
    assert isinstance(render(message), str)


def test_rendering_does_not_eat_memory():
    message = "hello **world** <x> " * 500

    def resident_pages():
        return int(Path("/proc/self/statm").read_text().split()[1])

    for _ in range(20):
        render(message)
    before = resident_pages()
    for _ in range(200):
        render(message)
    assert resident_pages() - before < 1_000  # 4 MB; the tree of one message alone is 0.3 MB


def test_threads_do_not_disturb_each_other():
    message = "~~a~~ https://e.org\n\n|a|\n|-|\n|b|"
    with ThreadPoolExecutor(8) as pool:
        results = set(pool.map(render, [message] * 400))
    assert results == {render(message)}
