"""Which characters inside a line are meant as marks; the others are hidden from the parser.

People who have never heard of Markdown write file names, paths, log lines and sums. A mark is meant
when it is written as those write it who know it, and has its partner.
"""

import re
from collections import defaultdict, deque
from itertools import count

from portal.markdown.links import mark_links, put_targets_back
from portal.markdown.stand_ins import hide

# Scripts that put no spaces between words: there a mark inside a word is meant.
_CJK = "\u2e80-\u9fff\uac00-\ud7ff\uf900-\ufaff\uff66-\uff9d"
_LETTER = rf"[^\W_{_CJK}]"
# `2*3*4`, `snake__case`, "it`s"
_INSIDE_A_WORD = re.compile(rf"(?<={_LETTER})(?:\*+|`)(?={_LETTER})")
# `*.log`, `count(*)`, `a/*.c`, `/* C */`
_ALONE = re.compile(r"(?<![^\s(\[{,;:=\"'])\*+(?=$|[\s,;:.)\]}=\"'])")
_BESIDE_A_SLASH = re.compile(r"(?<=[/\\])\*+|\*+(?=[/\\])")
# `*_*`, `^_^`
_WITHOUT_WORDS = re.compile(r"(?<!\S)(?:[^\w\s`]|_)+(?!\S)")
# `__init__.py`, `~/.profile~`, `&copy;`, `C:\_temp`, `<name>`, `[ERROR]: disk full`
_NEVER = re.compile(r"__+|(?<!~)~(?!~)|~~~+|&(?=#?\w+;)|\\|<|(?<=\]):|!(?=\[)")
_ANY = re.compile(r"[*_~`&\\<!\]@]|://|www\.", re.IGNORECASE)
_BACKTICKS = re.compile(r"`+")


def hide_unmeant(line: str) -> str:
    """`line` with only those marks of emphasis, code, deletion and links that are meant."""
    if not _ANY.search(line):
        return line
    line, targets = mark_links(line)
    if "`" in line:
        line = _hide_unpaired_backticks(line)
    for pattern in (_INSIDE_A_WORD, _BESIDE_A_SLASH, _ALONE, _WITHOUT_WORDS, _NEVER):
        line = pattern.sub(_hidden, line)
    return put_targets_back(line, targets)


def _hidden(found: re.Match[str]) -> str:
    return hide(found[0])


def _hide_unpaired_backticks(line: str) -> str:
    """Code begins and ends in one line: the parser would join lines to find the end."""
    runs = [len(run) for run in _BACKTICKS.findall(line)]
    places: dict[int, deque[int]] = defaultdict(deque)
    for place, length in enumerate(runs):
        places[length].append(place)
    paired: set[int] = set()
    end = -1
    for place, length in enumerate(runs):
        same = places[length]
        same.popleft()  # this one
        if place > end and same:
            end = same[0]
            paired |= {place, end}
    numbers = count()
    return _BACKTICKS.sub(lambda run: run[0] if next(numbers) in paired else hide(run[0]), line)
