"""Statements for hot paths: compiled once, executed without the ORM session.

For a statement that finds a few rows by an index, the session and SQLAlchemy's work around each
execution cost several times what the database does (docs/decisions/0005). A Prepared keeps the SQL
text and SQLAlchemy's converters of parameters and columns. It only reads: on a pooled connection
or, once the session has begun, on the session's, so that a change sees its own writes.

Rare statements, statements built for one request, and writes go through the session.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from blinker import Namespace
from sqlalchemy import CompoundSelect, Dialect, Engine, Select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ManagesConnection

from portal.engines import borrow, give_back
from portal.extensions import db

# Sent before each execution, with `statement=`: SQLAlchemy's events are not triggered here.
statement_sent = Namespace().signal("asked")

Values = Mapping[str, Any]
Convert = Callable[[Any], Any]
Row = TypeVar("Row")


class _Compiled(NamedTuple):
    """A statement compiled for one dialect."""

    text: str
    # Parameter names in positional order; None for named parameters.
    places: Sequence[str] | None
    # Converted values of constant parameters.
    fixed: dict[str, Any]
    # Converters of parameters by name and of columns by position; most need none.
    sent: Mapping[str, Convert]
    read: tuple[tuple[int, Convert], ...]


class Prepared(Generic[Row]):
    """`query`, whose varying parts are all `bindparam`s; `make` turns its columns into a row.

    Without `make` rows are named tuples of the columns.
    """

    def __init__(
        self,
        query: Select[*tuple[Any, ...]] | CompoundSelect[*tuple[Any, ...]],
        make: Callable[[Iterable[Any]], Row] | None = None,
    ) -> None:
        self.query = query
        self._make: Callable[[Iterable[Any]], Row] = make or _row_of(query)
        self._compiled: dict[str, _Compiled] = {}

    def all(self, values: Values | None = None) -> list[Row]:
        """All rows. Raises sqlalchemy.exc.DBAPIError, as the session does."""
        engine = db.engine
        form = self._compiled.get(engine.name) or self._compile(engine.dialect)
        rows = _fetch(engine, form.text, _parameters(form, values or {}))
        make, read = self._make, form.read
        made = []
        for row in rows:
            columns = list(row)
            for place, convert in read:
                columns[place] = convert(columns[place])
            made.append(make(columns))
        return made

    def first(self, values: Values | None = None) -> Row | None:
        """The first row, or None."""
        rows = self.all(values)
        return rows[0] if rows else None

    def one(self, values: Values | None = None) -> Row:
        """The first row of a statement that always has one."""
        return self.all(values)[0]

    def _compile(self, dialect: Dialect) -> _Compiled:
        compiled: Any = self.query.compile(dialect=dialect)
        varying = [name for name, bound in compiled.binds.items() if bound.required]
        state = compiled.construct_expanded_state(dict.fromkeys(varying))
        fixed = {name: value for name, value in state.parameters.items() if name not in varying}
        sent = {
            name: convert
            for name, bound in compiled.binds.items()
            if (convert := bound.type.dialect_impl(dialect).bind_processor(dialect))
        } | state.processors
        kinds = [column.type.dialect_impl(dialect) for column in self.query.selected_columns]
        form = _Compiled(
            text=state.statement,
            places=state.positiontup,
            fixed=_sent(fixed, sent),
            sent=sent,
            read=tuple(
                (at, convert)
                for at, kind in enumerate(kinds)
                if (convert := kind.result_processor(dialect, None))
            ),
        )
        self._compiled[dialect.name] = form
        return form


def _row_of(query: Any) -> Any:
    names = [column.key for column in query.selected_columns]
    row: Any = namedtuple("Row", names, rename=True)  # type: ignore[misc]
    return row._make


def _sent(values: Values, converters: Mapping[str, Convert]) -> dict[str, Any]:
    return {
        name: converters[name](value) if name in converters else value
        for name, value in values.items()
    }


def _parameters(form: _Compiled, values: Values) -> Any:
    given = form.fixed | _sent(values, form.sent)
    return given if form.places is None else [given[name] for name in form.places]


def _fetch(engine: Engine, text: str, parameters: Any) -> Sequence[Any]:
    if statement_sent.receivers:
        statement_sent.send(engine, statement=text)
    if db.session.registry.has() and db.session.registry().in_transaction():
        return _execute(engine, db.session.connection().connection, text, parameters)
    try:
        borrowed = borrow(engine)
    except engine.dialect.loaded_dbapi.Error as error:
        raise _as_sqlalchemy(engine, error, text) from error
    try:
        return _execute(engine, borrowed.entry, text, parameters)
    except DBAPIError:
        raise
    except BaseException:
        borrowed.entry.invalidate()  # nobody knows what it is doing
        raise
    finally:
        give_back(borrowed)


def _execute(
    engine: Engine, connection: ManagesConnection, text: str, parameters: Any
) -> Sequence[Any]:
    dialect = engine.dialect
    driver: Any = connection.dbapi_connection
    cursor = driver.cursor()
    try:
        cursor.execute(text, parameters)
        found: Sequence[Any] = cursor.fetchall()
    except dialect.loaded_dbapi.Error as error:
        gone = dialect.is_disconnect(error, driver, cursor)
        if gone:
            # The other pooled connections are dead, too.
            connection.invalidate(error)
            engine.dispose()
        raise _as_sqlalchemy(engine, error, text, gone=gone) from error
    finally:
        cursor.close()
    return found


def _as_sqlalchemy(
    engine: Engine, error: Exception, text: str, *, gone: bool = False
) -> BaseException:
    """Wrap the driver's error as the session does, without the parameters: users wrote those."""
    dialect = engine.dialect
    return DBAPIError.instance(
        text,
        None,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=engine.hide_parameters,
        connection_invalidated=gone,
        dialect=dialect,
    )
