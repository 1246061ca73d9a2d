"""The first event of a calendar part (RFC 5545), read small and strictly.

What is not written as the standard says is left out: a wrong time is worse than none.
"""

import re
from datetime import datetime, timedelta

from portal.mail_parsing.charsets import decode
from portal.mail_parsing.parsed import Invitation

_MAX_BYTES = 200_000
_MAX_EVENT = 50_000
_LINE = re.compile(
    r"^(METHOD|STATUS|SUMMARY|DTSTART|DTEND|DURATION|LOCATION|RRULE|RDATE)"
    r"((?:;[^:;\n]{1,200}){0,10}):(.{0,1000})",
    re.MULTILINE | re.IGNORECASE,
)
_ZONE = re.compile(r";TZID=\"?/?([A-Za-z][A-Za-z0-9_+. /-]{0,60}?)\"?(?:;|$)", re.IGNORECASE)
_MOMENT = re.compile(r"\d{8}(?:T\d{6}Z?)?")
_DURATION = re.compile(
    r"P(?:(\d{1,3})W)?(?:(\d{1,3})D)?(?:T(?:(\d{1,3})H)?(?:(\d{1,4})M)?(?:\d{1,5}S)?)?"
)
_ESCAPED = re.compile(r"\\(.)")
Values = dict[str, tuple[str, str]]


def invitation(content: bytes) -> Invitation | None:
    """What the event is, when and where; None without one."""
    text = decode(content[:_MAX_BYTES]).replace("\r\n", "\n")
    # Lines are folded, as those of headers are.
    text = text.replace("\n ", "").replace("\n\t", "")
    before, begin, after = _partition(text, "BEGIN:VEVENT")
    if not begin:
        return None
    event, calendar = _values(_partition(after[:_MAX_EVENT], "END:VEVENT")[0]), _values(before)
    start = _moment(event, "DTSTART")
    cancelled = event.get("STATUS", ("", ""))[1].strip().upper() == "CANCELLED"
    return Invitation(
        "CANCEL" if cancelled else _shown(calendar, "METHOD", 20).upper(),
        _shown(event, "SUMMARY", 200),
        start,
        _end(event, start),
        _zone(event["DTSTART"]) if start else "",
        bool(event.keys() & {"RRULE", "RDATE"}),
        _shown(event, "LOCATION", 200),
    )


def _partition(text: str, mark: str) -> tuple[str, str, str]:
    """As `str.partition`, of either case."""
    found = re.search(mark, text, re.IGNORECASE)
    return (text[: found.start()], mark, text[found.end() :]) if found else (text, "", "")


def _values(lines: str) -> Values:
    """(parameters, value) of the first line of each name."""
    found: Values = {}
    for line in _LINE.finditer(lines):
        found.setdefault(line[1].upper(), (line[2], line[3]))
    return found


def _shown(values: Values, name: str, most: int) -> str:
    def unescaped(found: re.Match[str]) -> str:
        return " " if found[1] in "nN" else found[1]

    written = values.get(name, ("", ""))[1]
    return " ".join(_ESCAPED.sub(unescaped, written).split())[:most]


def _moment(values: Values, name: str) -> str:
    written = values.get(name, ("", ""))[1].strip().upper()
    return written if _MOMENT.fullmatch(written) and read_moment(written) else ""


def read_moment(written: str) -> datetime | None:
    """20261201T100000Z, 20261201T100000 or 20261201, without its zone; None for anything else."""
    pattern = "%Y%m%dT%H%M%S" if "T" in written else "%Y%m%d"
    try:
        return datetime.strptime(written.removesuffix("Z"), pattern)  # noqa: DTZ007 - said beside it
    except ValueError:
        return None


def _end(values: Values, start: str) -> str:
    """When it ends, in the zone of its start."""
    if end := _moment(values, "DTEND"):
        same_zone = _zone(values["DTEND"]) == _zone(values["DTSTART"]) if start else False
        return end if same_zone else ""
    begun = read_moment(start) if start else None
    lasts = _DURATION.fullmatch(values.get("DURATION", ("", ""))[1].strip().upper())
    if begun is None or lasts is None or "T" not in start:
        return ""
    weeks, days, hours, minutes = (int(number or 0) for number in lasts.groups())
    try:
        ended = begun + timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes)
    except OverflowError:
        return ""
    return f"{ended:%Y%m%dT%H%M%S}{'Z' if start.endswith('Z') else ''}"


def _zone(line: tuple[str, str]) -> str:
    """The name of its zone, as written; empty for a whole day, and for none."""
    parameters, value = line
    if value.strip().upper().endswith("Z"):
        return "UTC"
    found = _ZONE.search(parameters)
    return found[1].strip() if found else ""
