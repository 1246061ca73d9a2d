"""Characters that the parser is not to see as marks, hidden behind others while it works.

Each stands for one character of the source. Unicode calls them noncharacters: no text has them, no
parser gives them a meaning, and between letters they count as a letter.
"""

import re
from html import escape

_HIDDEN = "*_~`#>-+=|.):<&\\[]!"
_FIRST = 0xFDD0
_LAST = 0xFDEF
# A link begins and ends here. In code, and inside another link, these two stand for nothing.
LINK_START, LINK_END = "\ufdee", "\ufdef"
# Stands for the target of `[words](target)`.
TARGET = "\ufded"

_STAND_INS = {ord(character): chr(_FIRST + i) for i, character in enumerate(_HIDDEN)}
_NONCHARACTERS = re.compile(f"[{chr(_FIRST)}-{chr(_LAST)}]")
_SHOWN = {chr(_FIRST + i): escape(character) for i, character in enumerate(_HIDDEN)}
# A stand-in in the target of a link has been percent-encoded.
_ENCODED = re.compile(r"%EF%B7%(9[0-9A-F]|A[0-9A-F])")


def hide(text: str) -> str:
    """`text` in which no character is a mark."""
    return text.translate(_STAND_INS)


def without(text: str) -> str:
    """`text` of a person, in which nothing is taken for a stand-in."""
    return _NONCHARACTERS.sub("\ufffd", text)


def show(html: str) -> str:
    """`html` with the characters in place of their stand-ins, escaped."""
    html = _ENCODED.sub(lambda found: chr(0xFD40 + int(found[1], 16)), html)
    return _NONCHARACTERS.sub(lambda found: _SHOWN.get(found[0], ""), html)
