"""Whoever is given a request does not wait for more of it, however it came in pieces."""

import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.http.errors import ParseException
from gunicorn.http.parser import RequestParser
from hypothesis import given
from hypothesis import strategies as st

from jobs.serving.arrival import SMALL, Arrival, Stage

HOST = b"Host: localhost\r\n"
NAMES = st.sampled_from([b"Accept", b"Cookie", b"X-Thing", b"X-Content-Length"])
VALUES = st.text("abc:;= -_/0", max_size=12).map(lambda text: text.strip().encode())
FIELDS = st.lists(st.tuples(NAMES, VALUES), max_size=4)
BODIES = st.binary(max_size=300)


@st.composite
def small_requests(draw: Any) -> bytes:
    """One that says how long its body is, if it has any."""
    lines = [name + b": " + value + b"\r\n" for name, value in draw(FIELDS)]
    body = draw(BODIES)
    if body or draw(st.booleans()):
        length = draw(st.sampled_from([b"Content-Length", b"content-length"]))
        lines.insert(draw(st.integers(0, len(lines))), length + b": %d\r\n" % len(body))
    return b"POST /tickets/new HTTP/1.1\r\n" + HOST + b"".join(lines) + b"\r\n" + body


@st.composite
def pieces(draw: Any, whole: bytes) -> list[bytes]:
    cuts = sorted(draw(st.sets(st.integers(1, len(whole) - 1), max_size=5)))
    return [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True)]


def nothing_more(data: bytes) -> Iterator[bytes]:
    yield data
    raise AssertionError("the parser waits for more")


def parse(data: bytes) -> bytes:
    """What gunicorn's parser reads as the body when nothing else comes."""
    request = next(RequestParser(Config(), nothing_more(data), ("127.0.0.1", 1)))
    body: bytes = request.body.read()
    return body


@given(st.data())
def test_a_small_request_is_whole_with_its_last_byte_and_not_before(data: st.DataObject) -> None:
    whole = data.draw(small_requests())
    parts = data.draw(pieces(whole))
    arrival = Arrival()
    for part in parts[:-1]:
        arrival.add(part)
        assert arrival.stage in {Stage.HEAD, Stage.BODY}
    arrival.add(parts[-1])
    assert arrival.stage is Stage.WHOLE
    assert arrival.take() == whole
    assert parse(whole) == whole.partition(b"\r\n\r\n")[2]
    assert not arrival
    assert arrival.stage is Stage.HEAD


@given(small_requests(), small_requests())
def test_what_follows_it_is_handed_on_with_it(first: bytes, second: bytes) -> None:
    arrival = Arrival()
    arrival.add(first + second)
    assert arrival.stage is Stage.WHOLE
    assert arrival.take() == first + second


HOSTILE = st.lists(
    st.one_of(
        st.sampled_from(
            [
                *(b"GET / HTTP/1.1\r\n", b"POST /x HTTP/1.0\n", b"\r\n", b"\n", b"\r", HOST),
                *(b"Content-Length: 5\r\n", b"Content-Length: 9\n", b"Content-Length : 7\r\n"),
                *(b"Transfer-Encoding: chunked\r\n", b"Expect: 100-continue\r\n", b"abcde", b" "),
                *(b"5\r\nabcde\r\n", b"0\r\n\r\n"),
            ]
        ),
        st.binary(max_size=20),
    ),
    max_size=12,
).map(b"".join)


@given(HOSTILE)
def test_no_bytes_make_a_thread_wait_for_the_rest_of_a_head(sent: bytes) -> None:
    arrival = Arrival()
    arrival.add(sent)
    if arrival.stage in {Stage.WHOLE, Stage.LONG}:
        with suppress(ParseException, StopIteration):
            next(RequestParser(Config(), nothing_more(sent), ("127.0.0.1", 1)))


LENGTHS = [b"5", b"05", b"+5", b"5 ", b"5\xb2", b"0" * 30 + b"5", b"9" * 30, b"", b"0x5", b"5, 5"]
BODY_HEADS = st.one_of(
    st.sampled_from(LENGTHS).map(lambda value: b"Content-Length: " + value),
    st.sampled_from([b"chunked", b"gzip, chunked", b"CHUNKED", b"identity", b"chunked\t"]).map(
        lambda value: b"Transfer-Encoding: " + value
    ),
    st.just(b"X-Thing: 1"),
)
CHUNKS = st.lists(
    st.sampled_from(
        [
            *(b"5\r\nabcde\r\n", b"0\r\n\r\n", b"0\r\n", b"\r\n", b"7\r\n", b"ab", b"ff\r\nabc"),
            *(
                b"5;x=0\r\nabcde\r\n",
                b"0;x\r\n\r\n",
                b"00\r\n\r\n",
                b"0\r\nX-T: 1\r\n\r\n",
                b"-1\r\n",
            ),
            *(b"0 \r\n\r\n", b"5\r\n0\r\n\r\n", b"0x5\r\nabcde\r\n", b"\n", b"5\nabcde\n"),
        ]
    ),
    max_size=6,
).map(b"".join)


@given(st.lists(BODY_HEADS, min_size=1, max_size=2), CHUNKS)
def test_no_bytes_make_a_thread_wait_for_the_rest_of_what_counts_as_whole(
    heads: list[bytes], body: bytes
) -> None:
    """There are only so many threads for those who have to wait."""
    lines = b"".join(head + b"\r\n" for head in heads)
    sent = b"POST /auth/login HTTP/1.1\r\n" + HOST + lines + b"\r\n" + body
    arrival = Arrival()
    arrival.add(sent)
    if arrival.stage is Stage.WHOLE:
        with suppress(ParseException, StopIteration):
            parse(sent)


@pytest.mark.parametrize(
    "last",
    [b"0\r\n\r\n", b"00\r\n\r\n", b"0;ext=1\r\n\r\n", b"0\r\nX-Thing: 1\r\n\r\n"],
)
def test_small_chunks_that_are_all_there_are_whole_however_they_end(last: bytes) -> None:
    arrival = Arrival()
    arrival.add(b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n")
    assert arrival.stage is Stage.LONG
    arrival.add(b"A;x=y\r\n0\r\n\r\n34567\r\n" + last)
    assert arrival.stage is Stage.WHOLE


@pytest.mark.parametrize(
    ("head", "stage"),
    [
        (b"Content-Length: " + b"0" * 30 + b"9", Stage.BODY),
        (b"Content-Length: 9" + b"0" * 30, Stage.LONG),
        (b"Content-Length: %d" % SMALL, Stage.BODY),
        (b"Content-Length: %d" % (SMALL + 1), Stage.LONG),
        (b"Transfer-Encoding: chunked", Stage.LONG),
        (b"Content-Length: 9\r\nExpect: 100-continue", Stage.LONG),
        (b"X-Content-Length: 9", Stage.WHOLE),
        (b"Content-Length: 0", Stage.WHOLE),
    ],
)
def test_a_head_says_who_reads_the_body(head: bytes, stage: Stage) -> None:
    arrival = Arrival()
    arrival.add(b"POST / HTTP/1.1\r\n" + HOST + head + b"\r\n\r\n")
    assert arrival.stage is stage


def test_chunks_that_are_all_there_are_whole() -> None:
    arrival = Arrival()
    arrival.add(b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n")
    arrival.add(b"3\r\nabc\r\n0\r\n\r\n")
    assert arrival.stage is Stage.WHOLE
    assert parse(arrival.take()) == b"abc"


@pytest.mark.threat("costly text")
def test_a_long_length_costs_little() -> None:
    line = b"Content-Length: " + b"0" * (SMALL - 200)
    for end in (b"x\r\n\r\n", b"1\r\n\r\n"):
        begun = time.process_time()
        Arrival().add(b"POST / HTTP/1.1\r\n" + HOST + line + end)
        assert time.process_time() - begun < 1


def test_a_head_without_an_end_is_too_much_in_the_end() -> None:
    line = b"X-Thing: abcde\r\n"
    arrival = Arrival()
    arrival.add(b"GET / HTTP/1.1\r\n" + line * (SMALL // len(line) - 2))
    assert arrival.stage is Stage.HEAD
    arrival.add(line)
    assert arrival.stage is Stage.EXCESSIVE


@pytest.mark.parametrize("line", [b"GET / HTTP/1.1\n", b"\n", b"\r\n\r\n"])
def test_what_is_refused_at_sight_is_not_waited_for(line: bytes) -> None:
    arrival = Arrival()
    arrival.add(line)
    assert arrival.stage is Stage.WHOLE
    with pytest.raises(ParseException):
        parse(line)
