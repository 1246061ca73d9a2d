"""Each mail of the corpus is taken apart as the file beside it says, field by field.

A new one is a `.eml` with a `.json`, which holds only the fields that matter; `desk` is read by
`test_corpus_in_the_desk`.
"""

import json
from io import BytesIO
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from portal.mail_parsing.message import TooDeepError, parse
from portal.mail_parsing.process import Parser

CORPUS = Path(__file__).parent / "corpus"
MAILS = sorted(CORPUS.glob("*.eml"))


def test_each_mail_says_what_stands_beside_it() -> None:
    assert len(MAILS) >= 200
    wrong = {}
    for path in MAILS:
        expected = json.loads(path.with_suffix(".json").read_text("utf-8"))
        found = json.loads(json.dumps(parse(path.read_bytes()).described()))
        expected.pop("desk", None)
        if different := {k: found[k] for k in expected if found[k] != expected[k]}:
            wrong[path.stem] = different
    assert not wrong


def test_a_zero_byte_among_the_words_is_left_out() -> None:
    assert parse(b"Content-Type: text/plain; charset=utf-8\n\na\0b").text == "ab"


def test_no_word_of_a_mail_is_lost_by_cutting_it() -> None:
    for path in MAILS:
        found = parse(path.read_bytes())
        assert found.text or not found.rest


def test_a_process_says_the_same_of_each_mail() -> None:
    with Parser() as parser:
        for path in MAILS:
            raw = path.read_bytes()
            there, here = parser.parse(BytesIO(raw), len(raw)), parse(raw)
            assert there.described() == here.described()
            assert there.files == here.files


PIECES = st.sampled_from(
    [
        b"Content-Type: multipart/mixed; boundary=b\n",
        b"Content-Type: message/rfc822\n",
        b"Content-Type: text/html; charset=utf-16\n",
        b"Content-Type: text/plain; charset==?x?q?y?=; format=flowed\n",
        b"Content-Transfer-Encoding: base64\n",
        b"Content-Transfer-Encoding: x-uuencode\n",
        b"Content-Disposition: attachment; filename*0*=utf-8''%ff; filename*1=x\n",
        b"From: =?utf-8?q?=00=0A?= <a@b>, (((\n",
        b"Subject: =?koi8-r?b?////?=\n",
        b"Message-ID: <a b\n c@d\n",
        b"--b\n",
        b"--b--\n",
        b"\n",
        b"> On 10:00 <a@b> wrote:\n",
        b"<div><!--<blockquote>\n",
        b"begin 644 x\n",
        b"\xff\xfe\x00",
    ]
)


@settings(max_examples=300)
@given(st.lists(PIECES | st.binary(max_size=30), max_size=25))
def test_any_bytes_at_all_are_a_mail(pieces: list[bytes]) -> None:
    try:
        found = parse(b"".join(pieces))
    except TooDeepError:
        return
    assert len(found.files) <= 500
    json.dumps(found.described())
