"""Mails of the corpus, damaged: as broken programs, and those who try, send them."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

CORPUS = Path(__file__).parents[1] / "inbound" / "corpus"
# What means something to those who take mails apart.
_MARKS = (
    b"\n",
    b"\n\n",
    b"--",
    b"=?",
    b"?=",
    b'"',
    b"(",
    b"<",
    b">",
    b"=",
    b"\0",
    b"\xff",
    b"\x1b$B",
)
_MARKS += (b"\r", b"%", b"'", b";", b":", b"--b0mixed\n", b"Content-Type: multipart/mixed\n")
_MARKS += (b"Content-Type: message/rfc822\n\n", b"Content-Transfer-Encoding: base64\n")


def mutants(seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    """(what was done to which mail, the bytes): the same ones for the same seed."""
    random = Random(seed)
    mails = {path.stem: path.read_bytes() for path in sorted(CORPUS.glob("*.eml"))}
    names = list(mails)
    ways = (_flip, _cut, _splice, _repeat, _mark)
    for _number in range(count):
        name = random.choice(names)
        mail, done = mails[name], [name]
        for _time in range(random.randint(1, 4)):
            way = random.choice(ways)
            mail = way(random, mail, mails[random.choice(names)])
            done.append(way.__name__)
        yield " ".join(done), mail


def _place(random: Random, mail: bytes) -> int:
    return random.randint(0, len(mail))


def _flip(random: Random, mail: bytes, _other: bytes) -> bytes:
    changed = bytearray(mail)
    for _time in range(random.randint(1, 20)):
        if changed:
            changed[random.randrange(len(changed))] = random.randrange(256)
    return bytes(changed)


def _cut(random: Random, mail: bytes, _other: bytes) -> bytes:
    begin, end = sorted((_place(random, mail), _place(random, mail)))
    return mail[:begin] + mail[end:]


def _splice(random: Random, mail: bytes, other: bytes) -> bytes:
    place = _place(random, mail)
    return mail[:place] + other[_place(random, other) :] + mail[place:]


def _repeat(random: Random, mail: bytes, _other: bytes) -> bytes:
    begin = _place(random, mail)
    piece = mail[begin : begin + random.randint(1, 60)]
    return mail[:begin] + piece * random.randint(2, 2_000) + mail[begin:]


def _mark(random: Random, mail: bytes, _other: bytes) -> bytes:
    for _time in range(random.randint(1, 10)):
        place = _place(random, mail)
        mail = mail[:place] + random.choice(_MARKS) + mail[place:]
    return mail
