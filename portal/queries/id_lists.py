"""Any number of ids as one parameter, so that a statement stays the same whatever their number."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Dialect, Text, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

_IN_JSON = "{column} IN (SELECT value FROM json_each({ids}))"
_IN_ARRAY = "{column} = ANY(CAST({ids} AS bigint[]))"


def is_listed(column: Any, name: str) -> ColumnElement[bool]:
    """Whether `column` is one of the ids of the parameter `name`."""
    return _IsListed(column, bindparam(name, type_=_Ids()))


class _Ids(TypeDecorator[Sequence[int]]):
    """A list in the notation of the database: JSON, or an array."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Sequence[int] | None, dialect: Dialect) -> str | None:
        listed = ",".join(map(str, value or ()))
        return f"[{listed}]" if dialect.name == "sqlite" else f"{{{listed}}}"


class _IsListed(FunctionElement[bool]):
    inherit_cache = True
    type = Boolean()

    def self_group(self, against: object = None) -> "_IsListed":  # noqa: ARG002 - SQLAlchemy passes it
        return self


@compiles(_IsListed, "sqlite")
def _in_json(element: _IsListed, compiler: SQLCompiler, **kw: Any) -> str:
    column, ids = (compiler.process(one, **kw) for one in element.clauses)
    return _IN_JSON.format(column=column, ids=ids)


@compiles(_IsListed, "postgresql")
def _in_array(element: _IsListed, compiler: SQLCompiler, **kw: Any) -> str:
    column, ids = (compiler.process(one, **kw) for one in element.clauses)
    return _IN_ARRAY.format(column=column, ids=ids)
