"""What `/admin/exports`, its schedules and `/admin/requests/export` take and answer."""

from typing import Any

from marshmallow import fields

from portal.api.fields import Answer, Choice, Items, Line, Moment, Number, Schema, about, moment
from portal.api.schemas import PersonSchema, page_of
from portal.models.operations import FileFormat, TableExportState, TableKind
from portal.queries.operations.export_tables.tables import TABLES
from portal.rhythm import Every

_MAX_FILTER = 2000
_MOST_COLUMNS = max(len(table.columns) for table in TABLES.values())
_LONGEST_NAME = 40


class _TableBody(Schema):
    kind = Choice(list(TableKind), load_default=TableKind.TICKETS, metadata=about("What rows are."))
    format = Choice(list(FileFormat), load_default=FileFormat.CSV, metadata=about("Of the file."))
    columns = Items(
        Line(max_length=_LONGEST_NAME),
        most=_MOST_COLUMNS,
        load_default=list,
        metadata=about("In this order; the usual ones without any.", ["number", "subject"]),
    )
    filter = Line(
        max_length=_MAX_FILTER,
        load_default="",
        metadata=about(
            "Of tickets, their messages and ratings: what stands behind the question mark in the "
            "address of the queue.",
            "status=open&q=water",
        ),
    )


class TableExportBody(_TableBody):
    """Which table, and which of its rows and columns."""

    since = Moment(metadata=about("From this moment on.", "2026-11-23T00:00:00Z"))
    until = Moment(metadata=about("Before this moment.", "2026-11-30T00:00:00Z"))


class TableExportSchema(Answer):
    """An export that was asked for, and how far it is."""

    id = fields.Integer(metadata=about("Its id.", 7))
    kind = fields.String(metadata={"enum": [str(k) for k in TableKind], **about("What rows are.")})
    format = fields.String(metadata={"enum": [str(f) for f in FileFormat], **about("Of the file.")})
    columns = fields.List(fields.String(), metadata=about("In this order.", ["number", "subject"]))
    filter = fields.String(metadata=about("Of tickets.", "view=all&status=open"))
    since = moment("From this moment on.", allow_none=True)
    until = moment("Before this moment.", allow_none=True)
    state = fields.String(
        metadata={"enum": [str(s) for s in TableExportState], **about("How far it is.")}
    )
    progress = fields.Integer(metadata=about("In percent.", 40))
    rows = fields.Integer(metadata=about("How many are in the file so far.", 1207))
    size = fields.Integer(allow_none=True, metadata=about("Of the file, in bytes.", 52_000))
    error = fields.String(allow_none=True, metadata=about("Why it failed."))
    user = fields.Nested(PersonSchema, metadata=about("Who has asked for it."))
    created_at = moment("When it was asked for.")
    finished_at = moment("When it was ready, or ended otherwise.", allow_none=True)
    expires_at = moment("When the file is deleted.", allow_none=True)


TableExportPageSchema = page_of(TableExportSchema)


def _every(**kwargs: Any) -> Choice:
    return Choice(list(Every), metadata=about("It takes the whole one before.", "week"), **kwargs)


def _hour(**kwargs: Any) -> Number:
    told = about("By the clock of the desk.", 7)
    return Number(least=0, most=23, metadata=told, **kwargs)


def _weekday(**kwargs: Any) -> Number:
    return Number(least=1, most=7, metadata=about("Of weekly ones; 1 is Monday.", 1), **kwargs)


class TableScheduleBody(_TableBody):
    """What is exported again and again, and when."""

    every = _every(required=True)
    weekday = _weekday(load_default=1)
    hour = _hour(load_default=7)


class TableScheduleChangeBody(Schema):
    """What is to be another; the rest stays."""

    format = Choice(list(FileFormat), metadata=about("Of the file."))
    columns = Items(
        Line(max_length=_LONGEST_NAME),
        most=_MOST_COLUMNS,
        metadata=about("In this order.", ["number", "subject"]),
    )
    filter = Line(max_length=_MAX_FILTER, metadata=about("Of tickets.", "status=open"))
    every = _every()
    weekday = _weekday()
    hour = _hour()


class TableScheduleSchema(Answer):
    """An export that is made again and again."""

    id = fields.Integer(metadata=about("Its id.", 7))
    kind = fields.String(metadata={"enum": [str(k) for k in TableKind], **about("What rows are.")})
    format = fields.String(metadata={"enum": [str(f) for f in FileFormat], **about("Of the file.")})
    columns = fields.List(fields.String(), metadata=about("In this order.", ["number", "subject"]))
    filter = fields.String(metadata=about("Of tickets.", "view=all&status=open"))
    every = fields.String(
        metadata={"enum": [str(e) for e in Every], **about("It takes the whole one before.")}
    )
    weekday = fields.Integer(metadata=about("Of weekly ones; 1 is Monday.", 1))
    hour = fields.Integer(metadata=about("By the clock of the desk.", 7))
    next_run_at = moment("Null once the right to export was gone.", allow_none=True)
    created_at = moment("When it was made.")


TableSchedulePageSchema = page_of(TableScheduleSchema)
