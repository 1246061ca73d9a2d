"""Makes an imported ticket of the cells of a row. Does not touch the database."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from portal import clock
from portal.importers import people
from portal.importers.columns import REPORT_COLUMNS, ColumnMap
from portal.importers.dates import DateReader
from portal.importers.fields import Field
from portal.importers.lodge import COLUMNS
from portal.importers.texts import clean, digest, headed, shortened, split_tags, strict_tags
from portal.importers.words import UnknownWord, Words
from portal.models.tickets import Channel, Priority, TicketStatus
from portal.models.tickets.tag import MAX_LENGTH as MAX_TAG
from portal.models.tickets.ticket import MAX_DEPARTMENT, MAX_EXTERNAL_NUMBER
from portal.services.tickets import tags
from portal.services.tickets.comments import MAX_MESSAGE
from portal.services.tickets.importing.import_rows import ImportedComment, ImportedTicket
from portal.services.tickets.tickets import MAX_SUBJECT

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{1,4})?", re.ASCII)
_DATED_COMMENT = re.compile(r"([^;\n]{6,60});([^;\n]{0,200});(.*)", re.DOTALL)
# Clocks differ.
_FUTURE = timedelta(days=1)


@dataclass
class RowParser:
    """Parses rows of one table. `left_out` counts what could not be kept, in words."""

    columns: ColumnMap
    words: Words
    dates: DateReader
    # Names the old desk, so that equal numbers of two desks are two tickets.
    source: str
    # The status of tickets with an answer when nothing else says it.
    answered: TicketStatus = TicketStatus.SOLVED
    left_out: Counter[str] = field(default_factory=Counter)

    def parse(self, row: Sequence[str]) -> ImportedTicket:
        """Parse a row with a cell for each column.

        Raises ValueError with a sentence for the operator.
        """
        number = self._text(row, Field.NUMBER, MAX_EXTERNAL_NUMBER)
        requester, name = people.requester(self.columns, row)
        subject, message = self._said(row)
        if requester is None and name:
            message = people.quoted(name, message)
        comments = tuple(self._comments(row, people.spellings_of(requester, name)))
        solved_at = self._date(row, Field.SOLVED_AT)
        return ImportedTicket(
            key=self._key(row, number),
            external_number=number or None,
            subject=subject,
            message=message,
            comments=comments,
            requester=requester,
            status=self._status(row, solved_at, comments),
            priority=Priority.from_word(self._word(row, Field.PRIORITY) or Priority.MEDIUM.word),
            type=self._word(row, Field.TYPE),
            department=self._text(row, Field.QUEUE, MAX_DEPARTMENT) or None,
            language=self._language(row),
            channel=Channel(self._word(row, Field.CHANNEL) or Channel.IMPORT),
            tags=self._tags(row),
            assignee=self.columns.cell(row, Field.ASSIGNEE).text,
            created_at=self._date(row, Field.CREATED_AT),
            updated_at=self._date(row, Field.UPDATED_AT),
            solved_at=solved_at,
            first_response_at=self._date(row, Field.FIRST_RESPONSE_AT),
        )

    def _key(self, row: Sequence[str], number: str) -> str:
        """The same whenever the ticket is read again, also with other options."""
        if number:
            return digest("number", self.source, number)
        if self.columns.system.strict:
            places = {name.lower(): at for at, name in enumerate(self.columns.header)}
            return digest(*(row[places[name]] for name in COLUMNS))
        named = zip(self.columns.header, row, strict=True)
        cells = (cell for name, cell in named if name not in REPORT_COLUMNS)
        return digest("row", self.source, *cells)

    def _said(self, row: Sequence[str]) -> tuple[str, str]:
        """Subject and message; one of them stands in for the other."""
        message = self._text(row, Field.BODY, MAX_MESSAGE, multiline=True)
        subject = self._text(row, Field.SUBJECT, MAX_MESSAGE)
        if message:
            return headed(subject, message)
        if not subject or self.columns.system.strict:
            of = Field.BODY if Field.BODY in self.columns.positions else Field.SUBJECT
            raise ValueError(f"{self.columns.cell(row, of).column} is empty")
        return shortened(subject, MAX_SUBJECT), subject

    def _text(self, row: Sequence[str], of: Field, limit: int, *, multiline: bool = False) -> str:
        return clean(self.columns.cell(row, of), limit, multiline=multiline)

    def _word(self, row: Sequence[str], of: Field) -> str | None:
        cell = self.columns.cell(row, of)
        try:
            word = self.words.translate(of, cell.text)
        except UnknownWord as problem:
            raise ValueError(f"{cell.column} {problem}") from None
        if word is None and cell.text and not self.words.knows(of, cell.text):
            self.left_out[f"{cell.column} {cell.text[:40]!r}"] += 1
        return word

    def _status(
        self,
        row: Sequence[str],
        solved_at: datetime | None,
        comments: Sequence[ImportedComment],
    ) -> TicketStatus:
        if word := self._word(row, Field.STATUS):
            return TicketStatus(word)
        if solved_at is not None:
            return TicketStatus.SOLVED
        return self.answered if any(one.answers for one in comments) else TicketStatus.NEW

    def _language(self, row: Sequence[str]) -> str | None:
        cell = self.columns.cell(row, Field.LANGUAGE)
        word = cell.text.lower()
        if word and not _LANGUAGE.fullmatch(word):
            raise ValueError(f"{cell.column} {word[:40]!r} is no code such as en or pt-br")
        return word or None

    def _tags(self, row: Sequence[str]) -> list[str]:
        cells = list(self.columns.cells(row, Field.TAGS))
        lines = [clean(cell, MAX_MESSAGE) for cell in cells]
        if self.columns.system.strict:
            return strict_tags(" ".join(lines))
        names = sorted({name for line in lines for name in split_tags(line)})
        kept = [name for name in names if len(name) <= MAX_TAG][: tags.MAX_TAGS]
        if len(kept) < len(names):
            self.left_out[f"tags beyond {tags.MAX_TAGS}, or of more than {MAX_TAG} letters"] += 1
        return kept

    def _date(self, row: Sequence[str], of: Field) -> datetime | None:
        cell = self.columns.cell(row, of)
        if not cell.text:
            return None
        try:
            moment = self.dates.read(cell.text)
        except ValueError as problem:
            raise ValueError(f"{cell.column} {cell.text[:40]!r} {problem}") from None
        if moment > clock.now() + _FUTURE:
            raise ValueError(f"{cell.column} {cell.text[:40]!r} lies in the future")
        return moment

    def _comments(self, row: Sequence[str], requester: frozenset[str]) -> Iterator[ImportedComment]:
        for of in (Field.ANSWER, Field.COMMENT, Field.NOTE):
            for cell in self.columns.cells(row, of):
                message = clean(cell, MAX_MESSAGE, multiline=True)
                at, author, message = self._dated(message)
                own = author.casefold() in requester
                if message:
                    yield ImportedComment(
                        message=message,
                        author=author,
                        by_requester=own,
                        internal=of is Field.NOTE and not own,
                        at=at,
                    )

    def _dated(self, message: str) -> tuple[datetime | None, str, str]:
        """Date, author and text of `date;author;text`, as Jira writes comments."""
        if match := _DATED_COMMENT.fullmatch(message):
            with suppress(ValueError):  # no date: a text that happens to have semicolons
                return self.dates.read(match[1]), match[2].strip(), match[3].strip()
        return None, "", message


def repeated(row: ImportedTicket, times: int) -> ImportedTicket:
    """`row` with a key of its own, after `times` equal rows in the same file."""
    return row._replace(key=digest(row.key, str(times)))
