"""Addresses in a message become links. In doubt they do not: no link is better than a wrong one."""

import re

from portal.markdown.stand_ins import LINK_END, LINK_START, TARGET, hide

# Scripts that put no spaces between words and addresses.
_CJK = "\u2e80-\u2fff\u3040-\u9fff\uac00-\ud7ff\uf900-\ufaff\uff66-\uff9d"
# What no address has unless it is encoded; the last three are punctuation of such scripts, and
# stand-ins.
_OUTSIDE = r"\s<>\"`|\\^«»“”„\u3000-\u303f\uff01-\uff65\ufdd0-\ufdef"
_OUTSIDE_MAIL = _OUTSIDE + _CJK + r"()\[\]{},;:"
_ADDRESS = re.compile(
    rf"(?P<web>(?:(?<![A-Za-z0-9])https?://|(?<![\w./@-])www\.)[^{_OUTSIDE}]+)"
    rf"|(?<![^{_OUTSIDE_MAIL}@])[^{_OUTSIDE_MAIL}@]+@[^{_OUTSIDE_MAIL}]+",
    re.IGNORECASE,
)
_LABEL = r"[^\W_](?:[\w-]*[^\W_])?"
_WEB = re.compile(
    # Nobody's name before the host: https://bank.example@evil.example leads to the latter.
    rf"(?:https?://)?(?:{_LABEL}\.)*{_LABEL}\.?(?::\d{{1,5}})?(?:[/?#].*)?",
    re.IGNORECASE | re.DOTALL,
)
_NEXT_WORD = re.compile(rf"[A-Za-z0-9][{_CJK}]")
_MAIL = re.compile(
    r"[A-Za-z0-9_+][\w.%+'&-]*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+"
    r"[A-Za-z](?:[A-Za-z0-9-]*[A-Za-z0-9])",
    re.ASCII,
)
_CLOSING = {")": "(", "]": "[", "}": "{"}
_MAY_END_WITH = frozenset("/=-#&+%$")
_LONGEST = 2_000
_NAMED = re.compile(
    r"\[(?P<words>[^\[\]\n]*)\]"
    r"\((?P<target>(?:https?://|mailto:)[^\s()<>\\|`]*(?:\([^\s()<>\\|`]*\)[^\s()<>\\|`]*)?)\)",
    re.IGNORECASE,
)
_OTHER_NAMED = re.compile(rf"\](?=\((?!{TARGET}\)))")
_SAYS_WHERE = re.compile(r"://|www\.|@|\A\S+\.[^\W\d_]{2,}\S*\Z", re.IGNORECASE)


def mark_links(line: str) -> tuple[str, list[str]]:
    """`line` with each address between LINK_START and LINK_END, hidden from the parser.

    `[words](target)` that leads where its words say stays a mark, with TARGET for its target, so
    that nobody looks for marks in that; any other is text. The second value is those targets.
    """
    targets: list[str] = []
    if "](" in line:
        line = _OTHER_NAMED.sub(hide("]"), _NAMED.sub(lambda link: _named(link, targets), line))
    if "@" in line or "://" in line or "www." in line.lower():
        line = _ADDRESS.sub(_marked, line)
    return line, targets


def put_targets_back(line: str, targets: list[str]) -> str:
    """`line` of `mark_links` with its targets."""
    if targets:
        following = iter(targets)
        line = re.sub(TARGET, lambda _: next(following), line)
    return line


def _named(link: re.Match[str], targets: list[str]) -> str:
    if not _leads_where_it_says(link["words"].strip().casefold(), link["target"].casefold()):
        return link[0]
    targets.append(link["target"])
    return f"[{link['words']}]({TARGET})"


def _leads_where_it_says(words: str, target: str) -> bool:
    if not _SAYS_WHERE.search(words):
        return bool(words)
    said, true = _without_scheme(words), _without_scheme(target)
    return true.startswith(said) and true[len(said) : len(said) + 1] in ("", "/", "?", "#", ":")


def _without_scheme(address: str) -> str:
    for beginning in ("https://", "http://", "mailto:", "www."):
        address = address.removeprefix(beginning)
    return address.rstrip("/")


def _marked(found: re.Match[str]) -> str:
    text = found[0]
    if len(text) > _LONGEST:
        return text
    start = 0 if found["web"] else len(text) - len(text.lstrip("*_~'‘"))
    before = found.string[found.start() - 1 : found.start()] + text[:start]
    end = _end(text, _MAY_END_WITH | ({"_"} if not before.endswith("_") else set()))
    address = text[start:end]
    wanted = _is_web(address) if found["web"] else _MAIL.fullmatch(address)
    if not wanted:
        return text
    return f"{text[:start]}{LINK_START}{hide(address)}{LINK_END}{text[end:]}"


def _is_web(address: str) -> bool:
    return bool(_WEB.fullmatch(address)) and not _NEXT_WORD.search(address)


def _end(text: str, allowed: frozenset[str]) -> int:
    """Where an address ends that is followed by punctuation of the sentence around it."""
    end = len(text)
    while end:
        last = text[end - 1]
        if opening := _CLOSING.get(last):
            if text.count(opening, 0, end) >= text.count(last, 0, end):
                break
        elif last.isalnum() or last in allowed:
            break
        end -= 1
    return end


def target(address: str) -> str:
    """Where the link to an address leads that was found in a text."""
    if "://" in address[:8]:
        return address
    return f"mailto:{address}" if "@" in address else f"http://{address}"
