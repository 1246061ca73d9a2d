"""The bytes of a mail end where SMTP says and nowhere else, however they are cut on their way."""

import asyncio
from pathlib import Path

import pytest

from jobs.receiving import arriving

AFTER = b"RSET\r\n"


def arrive(*pieces: bytes, folder: Path, limit: int = 1_000_000) -> tuple[bytes | None, bytes, int]:
    """What arrives of pieces; what is left for the next command; how often something came."""
    came = 0

    def note() -> None:
        nonlocal came
        came += 1

    async def read() -> tuple[bytes | None, bytes]:
        reader = asyncio.StreamReader(limit=arriving.PIECE)

        async def send() -> None:
            for piece in pieces:
                reader.feed_data(piece)
                await asyncio.sleep(0)
            reader.feed_data(AFTER)
            reader.feed_eof()

        sending = asyncio.create_task(send())
        arrived = await arriving.read(reader, limit=limit, folder=folder, came=note)
        await sending
        if arrived is None:
            return None, await reader.read()
        with arrived:
            return arriving.content(arrived), await reader.read()

    return (*asyncio.run(read()), came)


MAILS = [
    (b".\r\n", b""),
    (b"\r\n.\r\n", b"\r\n"),
    (b"a\r\n.\r\n", b"a\r\n"),
    (b"\r\n\r\n.\r\n", b"\r\n\r\n"),
    (
        b"Subject: x\r\n\r\nOne.\r\n..\r\n...two\r\n.\r\n",
        b"Subject: x\r\n\r\nOne.\r\n.\r\n..two\r\n",
    ),
    (b"..\r\n.\r\n", b".\r\n"),
    (b"\r\r\n.\r\n", b"\r\r\n"),
    (
        b"A zero \0, a \r alone and a \n alone.\r\n.\r\n",
        b"A zero \0, a \r alone and a \n alone.\r\n",
    ),
    ("Ёлка".encode("koi8-r") + b"\r\n.\r\n", "Ёлка".encode("koi8-r") + b"\r\n"),
]


@pytest.mark.parametrize(("sent", "meant"), MAILS)
def test_a_mail_is_whole_wherever_it_is_cut(sent: bytes, meant: bytes, tmp_path: Path) -> None:
    for cut in range(len(sent) + 1):
        content, left, _ = arrive(sent[:cut], sent[cut:], folder=tmp_path)
        assert (content, left) == (meant, AFTER), cut
    single = (sent[at : at + 1] for at in range(len(sent)))
    assert arrive(*single, folder=tmp_path)[:2] == (meant, AFTER)


@pytest.mark.threat("identity by mail")
@pytest.mark.parametrize("end", [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\n.\r"])
def test_an_end_that_only_some_servers_see_is_a_part_of_the_mail(
    end: bytes, tmp_path: Path
) -> None:
    hidden = b"One." + end + b"MAIL FROM:<boss@example.com>\r\n"
    content, left, _ = arrive(hidden + b".\r\n", folder=tmp_path)
    assert content is not None
    assert content.replace(b"\r\n.", b"\r\n") == hidden.replace(b"\r\n.", b"\r\n")
    assert left == AFTER


def test_a_long_mail_comes_in_pieces_and_long_lines_stay_whole(tmp_path: Path) -> None:
    line = b"x" * 300_000
    content, left, came = arrive(line + b"\r\n..", line + b"\r\n.\r\n", folder=tmp_path)
    assert content == line + b"\r\n." + line + b"\r\n"
    assert left == AFTER
    assert came > 2


def test_what_is_too_large_is_passed_over_and_holds_nothing(tmp_path: Path) -> None:
    piece = b"x" * 998 + b"\r\n"
    fits = arrive(piece, b".\r\n", folder=tmp_path, limit=1000)
    assert fits[:2] == (piece, AFTER)
    content, left, came = arrive(b"y" + piece, b".\r\n", folder=tmp_path, limit=1000)
    assert (content, left) == (None, AFTER)
    longer = arrive(*[piece * 100] * 20, b".\r\n", folder=tmp_path, limit=1000)
    assert longer[:2] == (None, AFTER)
    # Who sends on and on beyond the limit is not waited for longer.
    assert longer[2] <= came
