"""What is new in an answer, apart from quotes and the signature below it.

By line, so that no pattern sees more than a few hundred letters. Whatever is unclear stays: an
answer shown with its quotes is a nuisance, one without its words is lost.
"""

import re
from typing import NamedTuple

MAX_TEXT = 200_000
_MAX_LINE = 300
# Mail programs wrap the line before a quote.
_WRAPPED = 3
_MAX_SIGNATURE = 20
_QUOTE = re.compile(r"\s{0,3}[>|]")
_WROTE = re.compile(
    r"(?:On\b.{5,600}\bwrote"
    r"|Am\b.{5,600}\bschrieb\b.{0,300}"
    r"|Le\b.{5,600}\ba écrit"
    r"|El\b.{5,600}\bescribió"
    r"|Il\b.{5,600}\bha scritto"
    r"|.{5,600}\b(?:написал|написала|написал\(а\)|пишет|писал|писала|писал\(а\))"
    # Of Yandex, Mail.ru, and Gmail in Russian: moment, name, address.
    r"|.{0,120}\b\d{1,2}:\d\d\b.{0,300}<\s?[^<>\s]{3,254}>)\s?:",
    re.IGNORECASE,
)
# Who wrote at a moment or from an address; else it is a sentence of somebody's own.
_MOMENT = re.compile(r"\d{1,2}[:.]\d\d|\b(?:19|20)\d\d\b|@")
_BY_PROGRAM = re.compile(r"\d{1,2}[:.]\d\d|@")
_NAMED = re.compile(r"(?:On|Am|Le|El|Il)\b", re.IGNORECASE)
_MAY_BEGIN = re.compile(r"(?:On|Am|Le|El|Il)\b|\W{0,2}\w{2,20}[ ,.]|\d", re.IGNORECASE)
_ORIGINAL = re.compile(
    r"[-_*\s]{2,40}(?:Original (?:Message|Appointment)|Ursprüngliche Nachricht|Message d'origine"
    r"|Mensaje original|Исходное сообщение|Original-Nachricht)[-_*\s]{2,40}",
    re.IGNORECASE,
)
_FORWARDED = re.compile(
    r"[-_*\s]{2,40}(?:Forwarded message|Weitergeleitete Nachricht|Message transféré"
    r"|Mensaje reenviado|Пересылаемое сообщение|Пересланное сообщение"
    r"|Перенаправленное сообщение)[-_*\s]{2,40}"
    r"|Begin forwarded message:|Начало переадресованного сообщения:",
    re.IGNORECASE,
)
_LABELS = (
    r"From|Von|De|От|От кого"
    r"|Sent|Gesendet|Envoyé|Enviado(?: el)?|Отправлено|Date|Datum|Fecha|Дата"
    r"|To|An|À|Para|Кому|Cc|Kopie|Копия"
    r"|Subject|Betreff|Objet|Asunto|Тема"
)
_LABEL = re.compile(rf"\*{{0,2}}({_LABELS})\s?:\*{{0,2}}\s?\S?", re.IGNORECASE)
_FROM = frozenset({"from", "von", "de", "от", "от кого"})
_SENT = frozenset({"sent", "gesendet", "envoyé", "enviado", "enviado el", "отправлено"})
_SENT |= {"date", "datum", "fecha", "дата"}
_DASHES = re.compile(r"-{2,10}\s*")
_RULE = re.compile(r"_{10,}\s*|-{20,}\s*")
_DEVICE = re.compile(
    r"(?:Sent from (?:my |Mail|Outlook|Yahoo|Gmail)|Sent with .{0,12}Proton|Get Outlook for"
    r"|Von meinem .{2,30} gesendet|Gesendet (?:von|mit)|Envoyé (?:de mon|depuis)"
    r"|Enviado desde (?:mi|Outlook)|(?:Obtenir|Obtener|Скачать|Получить) Outlook"
    r"|Отправлено (?:с|из) |Отправлено (?:iPhone|Android)).{0,80}",
    re.IGNORECASE,
)


class Split(NamedTuple):
    """`new` is never empty unless all is; `rest` begins where it was cut."""

    new: str
    rest: str
    forwarded: bool = False


def split(text: str) -> Split:
    """Cut quotes of earlier mails and the signature off."""
    head, beyond = text[:MAX_TEXT], text[MAX_TEXT:]
    lines = head.split("\n")
    forwarded = any(_is(_FORWARDED, line) for line in lines[:200])
    end = len(lines) if forwarded else _quotes_begin(lines)
    end = _signature_begins(lines, end)
    if not any(line.strip() for line in lines[:end]):
        end = len(lines)
    new = "\n".join(lines[:end]).strip("\n").rstrip()
    rest = "\n".join(lines[end:]).strip("\n") + beyond
    return Split(new, rest.rstrip(), forwarded)


def _is(pattern: re.Pattern[str], line: str) -> bool:
    return len(line) <= _MAX_LINE and pattern.fullmatch(line.strip()) is not None


def _quotes_begin(lines: list[str]) -> int:
    """The line of the first quote to which nobody has answered below."""
    own = [n for n, line in enumerate(lines) if line.strip() and not _QUOTE.match(line)]
    last_own = own[-1] if own else -1
    for index, line in enumerate(lines):
        if _is(_ORIGINAL, line) or _is_header_block(lines, index):
            return index
        if index > last_own and _is_introduced_inside(lines, index):
            return index
        if length := _introduction(lines, index):
            introduction = " ".join(lines[index : index + length])
            return index if _ends_in_quote(lines, index + length, introduction) else len(lines)
    return len(lines)


def _is_introduced_inside(lines: list[str], index: int) -> bool:
    """Apple's: "… wrote:" is the first line of the quote; below nothing else may stand."""
    if not _QUOTE.match(lines[index]) or (index and _QUOTE.match(lines[index - 1])):
        return False
    inside = [_QUOTE.sub("", line, count=1) for line in lines[index : index + _WRAPPED]]
    length = _introduction(inside, 0)
    return length > 0 and _BY_PROGRAM.search(" ".join(inside[:length])) is not None


def _introduction(lines: list[str], index: int) -> int:
    """How many lines the "… wrote:" takes that begins there; 0 for none."""
    first = lines[index].strip()
    # After a mark of an earlier quote it is a part of that.
    if not first or len(first) > _MAX_LINE or not _MAY_BEGIN.match(first):
        return 0
    joined = ""
    for length, line in enumerate(lines[index : index + _WRAPPED], 1):
        if not line.strip() or len(line) > _MAX_LINE:
            return 0
        joined = f"{joined} {line.strip()}".strip()
        if joined.endswith(":"):
            found = _WROTE.fullmatch(joined) and _MOMENT.search(joined)
            # Without a moment of its own, the line before a whole one is somebody's last words.
            begins = length == 1 or _NAMED.match(first) or _MOMENT.search(first)
            return length if found and begins else 0
    return 0


def _ends_in_quote(lines: list[str], begin: int, introduction: str) -> bool:
    """Whether nothing but the quote follows, or one without marks, as some programs write it."""
    end = _signature_begins(lines, len(lines), begin)
    below = [line for line in lines[begin:end] if line.strip()]
    quoted = [bool(_QUOTE.match(line)) for line in below]
    if not any(quoted):
        return _BY_PROGRAM.search(introduction) is not None
    # Lines that a program has wrapped lose their mark; two in a row are somebody's words.
    own = [mine for mine in range(len(below)) if not quoted[mine]]
    return all(_is_wrapped(below, quoted, mine) for mine in own)


def _is_wrapped(below: list[str], quoted: list[bool], mine: int) -> bool:
    between = 0 < mine < len(below) - 1 and quoted[mine - 1] and quoted[mine + 1]
    return between and len(below[mine - 1]) > 60 and len(below[mine]) < 20


def _is_header_block(lines: list[str], index: int) -> bool:
    """Outlook's: at least three lines of From, Sent, To, Subject, perhaps below a rule."""
    line = lines[index]
    if not _is(_RULE, line):
        return _labels(lines, index)
    below = [n for n in range(index + 1, min(index + 3, len(lines))) if lines[n].strip()]
    return bool(below) and _labels(lines, below[0])


def _labels(lines: list[str], index: int) -> bool:
    first = _label(lines[index])
    if first not in _FROM:
        return False
    found = {first, *(_label(line) for line in lines[index + 1 : index + 6])} - {""}
    return len(found) >= 3 and bool(found & _SENT)


def _label(line: str) -> str:
    found = _LABEL.match(line.strip()[:_MAX_LINE])
    return found[1].lower() if found else ""


def _signature_begins(lines: list[str], end: int, begin: int = 0) -> int:
    """The line of the last `-- ` before `end`, or of "Sent from my …" at the end of the text."""
    last = next((n for n in range(end - 1, begin - 1, -1) if lines[n].strip()), None)
    for index in range(end - 1, begin - 1, -1):
        # A signature of more lines than that is a letter.
        if end - index > _MAX_SIGNATURE:
            break
        if lines[index] in {"-- ", "--"}:
            return index
    if last is None or not _is(_DEVICE, lines[last]):
        return end
    return last - 1 if last > begin and _is(_DASHES, lines[last - 1]) else last
