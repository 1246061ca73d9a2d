"""What a message says in a line: its question, or its first words."""

import re

from portal.markdown.text import as_text

MAX_LETTERS = 160
_CUT_TAG = re.compile(r"<[^>]*$")
_BETWEEN = re.compile(r"(?<=[.!?…]) ")


def in_a_line(html: str) -> str:
    """The last question of a rendered message, which may be cut, else its first words."""
    text = " ".join(as_text(_CUT_TAG.sub("", html)).split())
    questions = [sentence for sentence in _BETWEEN.split(text) if sentence.endswith("?")]
    return _cut(questions[-1] if questions else text)


def _cut(text: str) -> str:
    if len(text) <= MAX_LETTERS:
        return text
    return f"{text[:MAX_LETTERS].rsplit(' ', 1)[0].rstrip(',;:')}…"
