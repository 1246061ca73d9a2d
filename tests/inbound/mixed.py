"""Many mails of all kinds, as a desk gets them: new ones, answers, pages, programs', large ones."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.inbound.mails import DESK, mail

_CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.eml"))
_WORDS = "The boiler in the cellar drips since Monday and the pressure falls every night. "
_PICTURE = bytes(range(256)) * 80


class Mixed(NamedTuple):
    """`marker` is a word that stands in its text and in no other; empty where nobody knows."""

    raw: bytes
    sender: str
    marker: str


def mixed(count: int, *, senders: int, large_every: int, large_bytes: int) -> Iterator[Mixed]:
    """So many mails; each sender's answers go to the mail that they wrote before."""
    for number in range(count):
        sender = f"person-{number % senders}@customers.example"
        if number % 10 == 8:
            yield _of_corpus(number, sender)
        else:
            large = large_bytes if number % large_every == large_every - 1 else 0
            yield _written(number, sender, number - senders, large)


def _id(number: int) -> str:
    return f"<mixed-{number}@customers.example>"


def _of_corpus(number: int, sender: str) -> Mixed:
    head = f"From: {sender}\nMessage-ID: {_id(number)}\n".encode()
    return Mixed(head + _CORPUS[number // 10 % len(_CORPUS)].read_bytes(), sender, "")


def _written(number: int, sender: str, before: int, large: int) -> Mixed:
    marker = f"mk{number}x"
    text = f"{marker}: {_WORDS * (1 + number % 7)}"
    headers = {"Message-ID": _id(number)}
    if before >= 0 and number % 10 in {5, 6, 7}:
        headers["In-Reply-To"] = _id(before)
        text += f"\n\nOn Mon, 30 Nov 2026 at 10:00, Support <{DESK}> wrote:\n> What is it?\n"
    made = mail(f"Person <{sender}>", text, headers=headers, subject=f"Boiler {number}")
    if number % 10 == 9:
        made.add_alternative(f"<p>{text}</p><p><b>{_WORDS}</b></p>", subtype="html")
        made.add_attachment(_PICTURE, maintype="image", subtype="png", filename="boiler.png")
    if large:
        content = number.to_bytes(4, "big") * (large // 4)
        made.add_attachment(content, maintype="application", subtype="pdf", filename="plan.pdf")
    return Mixed(made.as_bytes(), sender, marker)
