"""The bytes of a mail on their way in, as SMTP sends them: to a dot that is alone in its line.

Lines end with CR and LF together and no other way, so nobody can hide a second mail behind an end
that only some servers see. All else stays as it was sent: zero bytes, a CR or LF alone, long lines.
"""

from asyncio import LimitOverrunError, StreamReader
from collections.abc import Callable
from os import SEEK_END
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import TypeAlias

# So much is read at once, and has to come before the next deadline.
PIECE = 64 * 1024
_IN_MEMORY = 1024 * 1024
_ALONE, _END = b".\r\n", b"\r\n.\r\n"
_BEGINNINGS = tuple(_END[:length] for length in range(1, len(_END)))

Arrived: TypeAlias = SpooledTemporaryFile[bytes]


async def read(
    reader: StreamReader, *, limit: int, folder: Path, came: Callable[[], None]
) -> Arrived | None:
    """A mail, still with its dots; None when it has more than `limit` bytes, and was passed over.

    A large one lies in `folder`. `came` is called after each piece up to the limit. The reader's
    own limit is PIECE.
    """
    arrived: Arrived = SpooledTemporaryFile(_IN_MEMORY, dir=str(folder))  # noqa: SIM115 - the caller's
    try:
        size, piece = 0, b""
        while not piece.endswith(_END) and piece != _ALONE:
            piece = await (_piece(reader) if size else _head(reader))
            size += len(piece)
            if size <= limit + len(_ALONE):
                arrived.write(piece)
                came()
            else:
                arrived.truncate(0)
    except BaseException:
        arrived.close()
        raise
    if size <= limit + len(_ALONE):
        return arrived
    arrived.close()
    return None


def content(arrived: Arrived) -> bytes:
    """The mail without what SMTP has added: its end, and a dot where a line begins with one."""
    size = arrived.seek(0, SEEK_END)
    arrived.seek(0)
    data = arrived.read(size - len(_ALONE))
    return data.removeprefix(b".").replace(b"\r\n.", b"\r\n")


async def _head(reader: StreamReader) -> bytes:
    """The first bytes: all of an empty mail, or so many that no end begins in them and goes on."""
    head = await reader.readexactly(len(_ALONE))
    while head != _ALONE and not head.endswith(_END) and head.endswith(_BEGINNINGS):
        head += await reader.readexactly(1)
    return head


async def _piece(reader: StreamReader) -> bytes:
    """What is left of the mail, or a piece in which no end begins."""
    try:
        return await reader.readuntil(_END)
    except LimitOverrunError as error:
        return await reader.readexactly(error.consumed)
