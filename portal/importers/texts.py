"""Cleans and fits the texts of cells."""

import hashlib
import re

from portal.errors import Invalid
from portal.importers.columns import Cell
from portal.security import text
from portal.services.tickets import tags
from portal.services.tickets.comments import MAX_MESSAGE
from portal.services.tickets.tickets import MAX_SUBJECT

# Length of a subject taken from the message: one line of a list.
_FIRST_WORDS = 80
_BETWEEN_TAGS = re.compile(r"[,;\n]")


def digest(*parts: str) -> str:
    """A key of these texts."""
    return hashlib.sha256("\0".join(parts).encode(errors="surrogatepass")).hexdigest()


def clean(cell: Cell, limit: int, *, multiline: bool = False) -> str:
    """The text of a cell. Raises ValueError with a sentence."""
    try:
        return text.clean(cell.text, max_length=limit, multiline=multiline).strip()
    except ValueError as problem:
        reason = {"too_long": f"is longer than {limit} characters"}.get(
            str(problem), "holds characters that cannot be stored"
        )
        raise ValueError(f"{cell.column} {reason}") from None


def headed(subject: str, message: str) -> tuple[str, str]:
    """A subject that fits. A subject that is too long is also put above the message."""
    if not subject:
        return shortened(" ".join(message.split()), _FIRST_WORDS), message
    if len(subject) <= MAX_SUBJECT:
        return subject, message
    return shortened(subject, MAX_SUBJECT), f"{subject}\n\n{message}"[:MAX_MESSAGE]


def shortened(line: str, limit: int) -> str:
    """The words of `line` that fit into `limit` characters."""
    if len(line) <= limit:
        return line
    cut = line[: limit - 1]
    return (cut.rpartition(" ")[0] or cut).rstrip() + "…"


def strict_tags(line: str) -> list[str]:
    """The tags of a line. Raises ValueError when they are too many or too long."""
    try:
        return tags.clean_names([line])
    except Invalid as problem:
        reason = {"too_many": f"are more than {tags.MAX_TAGS}", "too_long": "are too long"}
        raise ValueError(f"tags {reason[str(problem.details['tags'])]}") from None


def split_tags(line: str) -> set[str]:
    """The tags of a line. Between commas they may have spaces, which become dashes."""
    between = _BETWEEN_TAGS.split(line.lower())
    names = between if len(between) > 1 else line.lower().split()
    return {"-".join(name.split()) for name in names} - {""}
