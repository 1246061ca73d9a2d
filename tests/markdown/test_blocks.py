"""No word that somebody wrote disappears, and none is attributed to somebody else."""

import re
from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from portal.markdown import render
from tests.markdown import read

# As people write who have never heard of Markdown.
INNOCENT = [
    "[ERROR]: disk-full",
    "[ERROR]: disk-full\n[WARN]: it's 91 % full\n[x]: y",
    r"\\srv\share C:\_temp\*.log",
    r"C:\Users\ann\_old\*.* and D:\*",
    r"\*not bold\* \# \[x\] \\ \`",
    "Please call me.\n--\nAnn",
    "Regards,\n-- \nAnn\n+49 30 1234567",
    "First\n===\nSecond\n---\nThird",
    "a\n\n-----\n\nb\n\n***\n\nc\n\n___\n\nd\n\n- - -",
    "__init__.py, __main__, my_file_name.txt, _ _ __",
    "*.log *.txt* count(*) SELECT * FROM a, b; /* C */ /*x*/ 2*3*4 5 * 6 * 7 a**b**c",
    "Price 5* (see below)\n*plus tax",
    "it`s what it`s",
    "a ` b",
    "~5 to ~6 km, ~/.profile~",
    "&copy; &lt;b&gt; &#64; AT&T &nbsp;",
    "+ 49 30 1234567",
    "- 5 °C outside",
    "1. first\n3. third",
    "1. one\n1. one again",
    "007. James",
    "-\n*\n+\n1.\n#\n##",
    "#4711 #bug",
    "Dear <name>, call <tel>",
    "![alt](not a link) [see](C:\\docs) [a](/b) [t](https://e.org 'title') [](https://e.org)",
    "[paypal.com](https://evil.example) [https://bank.example](https://evil.example)",
    "a | b | c\nd | e | f",
    "| a | b |\n| 1 | 2 |",
    "|a|b|\n|-|-|\n|1|2|3|",
    "+---+---+\n| a | b |\n+---+---+",
    "Please call me.\n--\nAnn\n|x",
    "```\nnever closed",
    "```Error: disk full\nx\n```",
    "~~~\na\n```",
    "13:45:07 [main] *** ERROR *** at foo(bar.c:12) #3 0x00007f <_start>",
    "x = a[1](2)\ny = b_[i]*c_[j]",
    "a\tb\tc\n1\t2\t3",
    "¯\\_(ツ)_/¯ ^_^ *_* >_<",
    "**\n****\n** x **",
    "p*ss*w0rd_and_more_ `x",
    "2024. A year\n\n14. November",
]


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("message", INNOCENT)
def test_what_is_no_mark_is_read_as_it_was_typed(message: str) -> None:
    shown = squeezed(read.text(render(message)))
    assert shown == squeezed(message)


MARKS = frozenset("*_~`#>|-+.):")
PARTS = st.sampled_from(
    [
        *"*_~`#>|-+.):<&\\[]!=(/;, \n\n\n\t12axüé😀",
        *("**", "__", "~~", "```", "\n```\n", "\n~~~\n", "--", "---", "    ", "\n\n"),
        *("- ", "* ", "1. ", "2. ", "3) ", "> ", ">> ", "# ", "\n|a|b|\n", "\n|-|-|\n"),
        *("word", "中文", "x_y", "2*3", "&lt;", "<b>", "[a]: ", "](", "http"),
    ]
)
LANGUAGE = re.compile(r"^([\s>]*(?:`{3,}|~{3,})[ \t]*)[a-z][a-z0-9+#-]*[ \t]*$", re.MULTILINE)


@settings(max_examples=500)
@example("> a\n\t1. b\n2. c")
@example("1. \n12. ")
@given(st.lists(PARTS, max_size=30).map("".join))
def test_only_marks_disappear(message: str) -> None:
    shown = squeezed(read.text(render(message)))
    without_languages = squeezed(LANGUAGE.sub(r"\1", message))
    assert words(shown) in (words(message), words(without_languages)), "words stay, in their order"
    assert not Counter(shown) - Counter(squeezed(message)), "nothing is put in"
    dropped = Counter(without_languages) - Counter(shown)
    assert not set(dropped) - MARKS
    assert not dropped["~"] % 2, "a deletion begins and ends"
    assert not dropped["_"] % 2, "so does an emphasis"


def words(text: str) -> str:
    return "".join(re.findall(r"[^\W_]+", text))


SPOKEN = st.sampled_from(
    ["a said this", "- an item", "* x", "1. one", "|a|b|\n|-|-|", "```", "    code", ""]
)


@given(st.lists(st.tuples(st.integers(0, 3), SPOKEN), min_size=1, max_size=8))
def test_a_line_stands_in_as_many_quotes_as_it_was_written_in(lines: list[tuple[int, str]]) -> None:
    message = "\n".join(
        ">" * depth
        + (" " if depth else "")
        + words.replace("\n", "\n" + ">" * depth + " ")
        + f" w{i}w"
        for i, (depth, words) in enumerate(lines)
    )
    html = render(message)
    for number, (depth, _) in enumerate(lines):
        before = html[: html.index(f"w{number}w")]
        assert before.count("<blockquote>") - before.count("</blockquote>") == depth, message


@pytest.mark.parametrize(
    ("message", "html"),
    [
        ("> yours\nmine", "<blockquote>\n<p>yours</p>\n</blockquote>\n<p>mine</p>\n"),
        ("- one\n- two\nRegards", "<ul>\n<li>one</li>\n<li>two</li>\n</ul>\n<p>Regards</p>\n"),
        ("- one\n  more\n- two", "<ul>\n<li>one<br>\nmore</li>\n<li>two</li>\n</ul>\n"),
        ("3. c\n4. d", '<ol start="3">\n<li>c</li>\n<li>d</li>\n</ol>\n'),
        ("- 5 apples\n- 6 pears", "<ul>\n<li>5 apples</li>\n<li>6 pears</li>\n</ul>\n"),
        ("1. a\n   - b\n2. c", "<ol>\n<li>a\n<ul>\n<li>b</li>\n</ul>\n</li>\n<li>c</li>\n</ol>\n"),
        ("# Head #\ntext", "<p><strong>Head #</strong></p>\n<p>text</p>\n"),
        ("```\n*a* \\ &lt;\n> b\n```", "<pre><code>*a* \\ &amp;lt;\n&gt; b\n</code></pre>\n"),
        ("```python\nx\n```\ny", "<pre><code>x\n</code></pre>\n<p>y</p>\n"),
        (
            "**b** *i* _u_ ~~d~~ `c*c`",
            "<p><strong>b</strong> <em>i</em> <em>u</em> <del>d</del> <code>c*c</code></p>\n",
        ),
        ("我**很**好", "<p>我<strong>很</strong>好</p>\n"),
        (
            "- `a`\n- **b**: c",
            "<ul>\n<li><code>a</code></li>\n<li><strong>b</strong>: c</li>\n</ul>\n",
        ),
    ],
)
def test_marks_that_are_meant_work(message: str, html: str) -> None:
    assert render(message) == html


def test_a_table_ends_where_its_rows_end() -> None:
    html = render("Prices:\n|a|b|\n|-|-|\n|1|`2`|\nRegards")
    assert html.count("<tr>") == 2
    assert html.endswith("</table>\n<p>Regards</p>\n")
