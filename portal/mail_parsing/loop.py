"""What the process that parses mails does: `serve`, within limits. The other side is `process`.

A request is a length on a line of its own, then the mail. An answer is the same with a JSON object,
then the contents of the files that it lists.
"""

import json
import resource
import sys
from collections.abc import Iterator
from typing import IO

from portal.mail_parsing.message import PIECE, parse_pieces

CPU_SECONDS = 15
_MEMORY = 768 * 1024 * 1024


def serve() -> None:
    """Parse what comes until there is no more."""
    _limit()
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    while line := requests.readline(32):
        _allow_time()
        described, contents = _answer(requests, int(line))
        # Surrogates stand for bytes that are no text in a header.
        text = json.dumps(described, ensure_ascii=False).encode("utf-8", "replace")
        answers.write(b"%d\n" % len(text))
        answers.write(text)
        answers.writelines(contents)
        answers.flush()


def _answer(requests: IO[bytes], size: int) -> tuple[dict[str, object], list[bytes]]:
    pieces = _pieces(requests, size)
    try:
        parsed = parse_pieces(pieces)
        return parsed.described(), [file.content for file in parsed.files]
    except MemoryError:
        return {"unreadable": "it took too much memory to parse"}, []
    except Exception as error:  # whatever the standard library makes of it
        return {"unreadable": f"{type(error).__name__}: {error}"[:300]}, []
    finally:
        # What is left of this mail is not the next request.
        for _ in pieces:
            pass


def _pieces(requests: IO[bytes], size: int) -> Iterator[bytes]:
    while size > 0 and (piece := requests.read(min(size, PIECE))):
        size -= len(piece)
        yield piece


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _allow_time() -> None:
    """So many seconds of processor time from now on."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    until = int(used.ru_utime + used.ru_stime) + CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))
