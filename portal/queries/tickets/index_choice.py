"""Which condition a list of tickets is read by, and how the others are kept from it.

Each filter has an index in the order of the list, so a page is read and not sorted. With several
filters one leads and the others are checked row by row. PostgreSQL picks the leader from its
statistics; SQLite has none and takes any index, so it is told here.
"""

from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

# From the one that leaves the fewest tickets to the one that leaves the most.
REQUESTER, ORGANIZATION, ASSIGNEE, PRIORITY, CHANNEL, STATUS = (
    "requester_id",
    "organization_id",
    "assignee_id",
    "priority",
    "channel",
    "status",
)


def indexed_if_leading(
    column: InstrumentedAttribute[Any], leader: str
) -> InstrumentedAttribute[Any] | ColumnElement[Any]:
    """`column` as a condition names it: open to its indexes only when it is the leader."""
    return column if column.key == leader else _Checked(column)


class _Checked(FunctionElement[Any]):
    """A column that no index is looked up for."""

    inherit_cache = True

    def self_group(self, against: object = None) -> "_Checked":  # noqa: ARG002 - SQLAlchemy passes it
        """Stand as it is: a plus sign needs no brackets."""
        return self


@compiles(_Checked)
def _plain(element: _Checked, compiler: SQLCompiler, **kw: Any) -> str:
    return str(compiler.process(next(iter(element.clauses)), **kw))


@compiles(_Checked, "sqlite")
def _plus(element: _Checked, compiler: SQLCompiler, **kw: Any) -> str:
    return "+" + _plain(element, compiler, **kw)
