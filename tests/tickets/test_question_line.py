import pytest

from portal.tickets.question_line import MAX_LETTERS, in_a_line


@pytest.mark.parametrize(
    ("html", "line"),
    [
        ("<p>It is cold.</p>", "It is cold."),
        ("<p>It is cold. Is the <strong>valve</strong> open?</p><p>Sam</p>", "Is the valve open?"),
        ("<p>Which one? I ask as there are two. Left or right?</p>", "Left or right?"),
        ("<p>See https://example.com/?q=x now.</p>", "See https://example.com/?q=x now."),
        ("<p>a &lt;b&gt; &amp; c</p><p>tail <a hre", "a <b> & c tail"),
        ("", ""),
    ],
)
def test_a_message_in_a_line(html: str, line: str):
    assert in_a_line(html) == line


def test_a_long_one_is_cut_between_words():
    line = in_a_line(f"<p>{'boiler ' * 60}</p>")
    assert line.endswith("boiler…")
    assert len(line) <= MAX_LETTERS + 1


@pytest.mark.parametrize("html", ["<" * 3000, "<p>" + "a" * 3000, "<p>" + "a? " * 1000, "?" * 3000])
def test_whatever_is_written_is_a_short_line(html: str):
    assert len(in_a_line(html)) <= MAX_LETTERS + 1
