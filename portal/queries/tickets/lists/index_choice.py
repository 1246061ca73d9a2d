"""Decides which condition of a ticket list uses an index.

Each filter has an index in the order of the list, so a page is read without sorting. With several
filters one index is used and the other conditions are checked row by row. PostgreSQL chooses by its
statistics; SQLite has none, so the others are hidden from its planner here.
"""

from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

# From the most to the least selective.
REQUESTER, ORGANIZATION, ASSIGNEE, DEPARTMENT, TYPE, LANGUAGE = (
    "requester_id",
    "organization_id",
    "assignee_id",
    "department",
    "type",
    "language",
)
WAITING, PRIORITY, CHANNEL, STATUS = (
    "waiting_since",
    "priority",
    "channel",
    "status",
)


def indexed_if_leading(
    column: InstrumentedAttribute[Any], leader: str
) -> InstrumentedAttribute[Any] | ColumnElement[Any]:
    """`column`, hidden from SQLite's planner unless it is the leading one."""
    return column if column.key == leader else unindexed(column)


def unindexed(column: InstrumentedAttribute[Any]) -> ColumnElement[Any]:
    """`column`, hidden from SQLite's planner."""
    return _Checked(column)


class _Checked(FunctionElement[Any]):
    """A column that SQLite's planner uses no index for (a unary plus before it)."""

    inherit_cache = True

    def __init__(self, column: InstrumentedAttribute[Any]) -> None:
        super().__init__(column)
        self.type = column.type

    def self_group(self, against: object = None) -> "_Checked":  # noqa: ARG002 - SQLAlchemy passes it
        return self


@compiles(_Checked)
def _plain(element: _Checked, compiler: SQLCompiler, **kw: Any) -> str:
    return str(compiler.process(next(iter(element.clauses)), **kw))


@compiles(_Checked, "sqlite")
def _plus(element: _Checked, compiler: SQLCompiler, **kw: Any) -> str:
    return "+" + _plain(element, compiler, **kw)
