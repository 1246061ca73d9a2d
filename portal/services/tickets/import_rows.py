"""Parses rows of an imported file. Does not touch the database."""

import hashlib
import re
from collections.abc import Mapping
from typing import NamedTuple, TypeVar

from portal.errors import Invalid
from portal.models.tickets import Channel, Priority, TicketType
from portal.security import text
from portal.services.tickets import tags
from portal.services.tickets.comments import MAX_MESSAGE
from portal.services.tickets.tickets import MAX_SUBJECT

COLUMNS = ("subject", "body", "answer", "type", "queue", "priority", "language", "tags")
# Optional columns are not part of the key, so rows imported without them are recognised.
OPTIONAL = ("channel",)
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{1,4})?", re.ASCII)
_MAX_DEPARTMENT = 100
# Length of a subject taken from the message: one line of a list.
_FIRST_WORDS = 80

E = TypeVar("E", TicketType, Priority, Channel)


class Row(NamedTuple):
    """A parsed row. `key` is the same whenever the same row is read."""

    key: str
    subject: str
    message: str
    answer: str
    type: TicketType | None
    department: str | None
    priority: Priority
    language: str | None
    channel: Channel
    tags: list[str]


def parse(fields: Mapping[str, str]) -> Row:
    """Parse `fields` (COLUMNS and some of OPTIONAL, to text).

    Raises ValueError with a sentence for the operator.
    """
    message = _text(fields, "body", MAX_MESSAGE, multiline=True)
    if not message:
        raise ValueError("body is empty")
    subject, message = _headed(_text(fields, "subject", MAX_MESSAGE), message)
    return Row(
        key=_digest(*(fields[column] for column in COLUMNS)),
        subject=subject,
        message=message,
        answer=_text(fields, "answer", MAX_MESSAGE, multiline=True),
        type=_choice(fields, "type", {kind.value: kind for kind in TicketType}),
        department=_text(fields, "queue", _MAX_DEPARTMENT) or None,
        priority=_choice(fields, "priority", {p.word: p for p in Priority}) or Priority.MEDIUM,
        language=_language(fields),
        channel=_choice(fields, "channel", {c.value: c for c in Channel}) or Channel.IMPORT,
        tags=_tags(fields),
    )


def repeated(row: Row, times: int) -> Row:
    """`row` with a key of its own, after `times` equal rows in the same file."""
    return row._replace(key=_digest(row.key, str(times)))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode(errors="surrogatepass")).hexdigest()


def _text(fields: Mapping[str, str], column: str, limit: int, *, multiline: bool = False) -> str:
    try:
        return text.clean(fields[column], max_length=limit, multiline=multiline).strip()
    except ValueError as problem:
        reason = {"too_long": f"is longer than {limit} characters"}.get(
            str(problem), "holds characters that cannot be stored"
        )
        raise ValueError(f"{column} {reason}") from None


def _headed(subject: str, message: str) -> tuple[str, str]:
    """A subject that fits. A subject that is too long is also put above the message."""
    if not subject:
        return _shortened(" ".join(message.split()), _FIRST_WORDS), message
    if len(subject) <= MAX_SUBJECT:
        return subject, message
    return _shortened(subject, MAX_SUBJECT), f"{subject}\n\n{message}"[:MAX_MESSAGE]


def _shortened(line: str, limit: int) -> str:
    """The words of `line` that fit into `limit` characters."""
    if len(line) <= limit:
        return line
    cut = line[: limit - 1]
    return (cut.rpartition(" ")[0] or cut).rstrip() + "…"


def _choice(fields: Mapping[str, str], column: str, known: Mapping[str, E]) -> E | None:
    word = fields.get(column, "").strip().lower()
    if word and word not in known:
        raise ValueError(f"{column} {word[:40]!r} is none of {', '.join(known)}")
    return known[word] if word else None


def _language(fields: Mapping[str, str]) -> str | None:
    word = fields["language"].strip().lower()
    if word and not _LANGUAGE.fullmatch(word):
        raise ValueError(f"language {word[:40]!r} is no code such as en or pt-br")
    return word or None


def _tags(fields: Mapping[str, str]) -> list[str]:
    try:
        return tags.clean_names([_text(fields, "tags", MAX_MESSAGE)])
    except Invalid as problem:
        reason = {"too_many": f"are more than {tags.MAX_TAGS}", "too_long": "are too long"}
        raise ValueError(f"tags {reason[str(problem.details['tags'])]}") from None
