"""What takes time in proportion to its length, whatever that is: texts, HTML and headers."""

import pytest

from portal.mail_parsing.html_text import names_remote_pictures, to_text
from portal.mail_parsing.message import parse
from portal.mail_parsing.replies import MAX_TEXT, split
from portal.mail_parsing.uuencoded import take_out
from tests import timing

LINES = [
    "On x ",
    "From: x\n",
    "\n",
    "> On 30.11.2026 10:00, Support <a@b.example> wrote:\n\n",
    "> On 30.11.2026 10:00, Support <a@b.example> wrote:\nmine\n",
    "30.11.2026 10:00 <",
    "wrote:\n",
    "On 10:00 wrote:\n> a\nb\n",
    "-- \n",
    "________________\n",
    "Sent from my \n",
    "От: x\nКому: y\n",
]


@pytest.mark.threat("costly text")
@pytest.mark.parametrize("line", LINES)
def test_quotes_are_looked_for_quickly(line: str) -> None:
    for text in (line * (MAX_TEXT // len(line)), line * (MAX_TEXT // len(line)) + "The end"):
        assert timing.cpu_seconds(lambda text=text: split(text)) < 2  # type: ignore[misc]


@pytest.mark.threat("costly text")
@pytest.mark.parametrize("piece", ["begin 644 a\n", "begin 644 a\n#0V%T\n", "#0V%T\n", "\nend"])
def test_files_in_a_text_are_looked_for_quickly(piece: str) -> None:
    text = f"begin 644 a\n{piece * 30_000}\nend\n"
    assert timing.cpu_seconds(lambda: take_out(text)) < 2


@pytest.mark.threat("costly text")
@pytest.mark.parametrize(
    "piece",
    ["<img ", "<img src=", "<!", "<![x", "<?", "</", "<a href='", "&", "<div>", "<blockquote>"],
)
def test_html_is_read_quickly(piece: str) -> None:
    html = piece * (400_000 // len(piece))
    assert timing.cpu_seconds(lambda: (to_text(html), names_remote_pictures(html))) < 3


@pytest.mark.threat("costly text")
@pytest.mark.parametrize(
    "head",
    [
        b"Content-Type: text/plain" + b";" * 300_000,
        b"Content-Type: multipart/mixed; boundary=" + b'"' * 300_000,
        b"Content-Disposition: attachment; " + b"filename*0=a; " * 20_000,
        b"Subject: " + b"=?utf-8?q?a?= " * 30_000,
        b"From: " + b"(" * 300_000,
        b"To: " + b"a@b," * 80_000,
        b"References: " + b"<a@b>" * 80_000,
        b"Authentication-Results: x" + b";a=b" * 80_000,
    ],
    ids=lambda head: head[:40],
)
def test_a_header_is_read_quickly(head: bytes) -> None:
    assert timing.cpu_seconds(lambda: parse(head + b"\n\nIt drips.\n")) < 2
