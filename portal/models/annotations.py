"""Annotations of columns and tables that maintenance reads from the schema.

The sweep deletes files that no column names, `rotate-keys` re-encrypts encrypted columns, erasure
empties personal columns, an export of personal data gives those of the person, and a restore runs
statements on some tables. Each finds its columns and tables here, so no list can be forgotten.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import Column, FromClause, String, Table, Text

from portal.extensions import db

_Type = TypeVar("_Type", bound=String)


class StorageKey(String):
    """The key of a stored file. A file lives as long as such a column names it.

    The column has to be called `storage_key`: a restore finds it by that name in backups of any
    age.
    """

    def __init__(self) -> None:
        super().__init__(64)


class Encrypted(Text):
    """Text encrypted under ENCRYPTION_MASTER_KEY (`security.encryption`), in a table with an `id`.

    `what` names it for operators, followed by the row's id.
    """

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__()


class Erasure(StrEnum):
    """What erasing the person does to a column."""

    ROW_GOES = "the row goes"
    BLANKED = "default or nothing"
    BY_RULE = "goes by a rule of its own"
    STAYS = "stays"


def _personal(what: Erasure, why: str = "") -> dict[str, Any]:
    return {_PERSON: (what, why)}


# Key in `info` of columns that hold personal data or refer to a person.
_PERSON = "forgetting"
# For a column that refers to the person.
ROW_GOES = _personal(Erasure.ROW_GOES)
# For a column of `users`.
BLANKED = _personal(Erasure.BLANKED)
# An id that refers to an erased account.
BARE_NUMBER = _personal(Erasure.STAYS, "a number without a name")
# Texts belong to the conversation, and so to its organization.
CONVERSATION = _personal(Erasure.STAYS, "belongs to the conversation")


def stays_after_erasure(why: str) -> dict[str, Any]:
    """The column keeps its value, for the reason `why`."""
    return _personal(Erasure.STAYS, why)


def erased_by_rule(how: str) -> dict[str, Any]:
    """Code in `services.privacy` erases the column; `how` says how."""
    return _personal(Erasure.BY_RULE, how)


def personal_columns(
    tables: Iterable[Table] | None = None,
) -> Iterator[tuple[Table, Column[Any], Erasure, str]]:
    """All annotated columns, with what erasure does to them and why."""
    for table in db.metadata.sorted_tables if tables is None else tables:
        for column in table.columns:
            if _PERSON in column.info:
                yield table, column, *column.info[_PERSON]


class Export(StrEnum):
    """How an export of personal data gives a column."""

    # For a column that refers to the person: the row is exported to a file of rows.
    FILE = "file"
    # For other columns of such a row, and of rows exported in another form. In tables
    # that are not exported it has no effect: shared columns such as created_at have it, too.
    GIVEN = "given"
    BY_RULE = "in a form of its own"
    LEFT_OUT = "left out"


_EXPORT = "export"


def _exported(how: Export, what: str = "") -> dict[str, Any]:
    return {_EXPORT: (how, what)}


EXPORTED = _exported(Export.GIVEN)
_GIVEN = EXPORTED[_EXPORT]


def exported_as(name: str) -> dict[str, Any]:
    """For a column that refers to the person: their rows become the file `name`.json."""
    return _exported(Export.FILE, name)


def exported_by_rule(where: str) -> dict[str, Any]:
    """Code in `queries.privacy.personal_data` exports it; `where` names the place."""
    return _exported(Export.BY_RULE, where)


def not_exported(why: str) -> dict[str, Any]:
    """It is left out, for the reason `why`."""
    return _exported(Export.LEFT_OUT, why)


SECRET = not_exported("a secret")
INTERNAL = not_exported("the desk's own bookkeeping")
# For rows about actions on objects of others.
NOT_THEIRS = not_exported("about others, or the desk")
IN_TICKETS = exported_by_rule("tickets, as customers are told them")


def exports(
    tables: Iterable[Table] | None = None,
) -> Iterator[tuple[Table, Column[Any], Export, str]]:
    """Columns annotated for export, with how they are exported, and where or why not."""
    for table in db.metadata.sorted_tables if tables is None else tables:
        for column in table.columns:
            if _EXPORT in column.info:
                yield table, column, *column.info[_EXPORT]


def exported_columns(table: FromClause) -> list[Any]:
    """Columns of the table that are exported unchanged."""
    return [column for column in table.columns if column.info.get(_EXPORT) == _GIVEN]


# Statement for a table of a restored database, before the application may start.
DELETE_ALL_ROWS = "DELETE FROM {table}"
_AFTER_RESTORE = "after_restore"


def park_pending(reason: str) -> str:
    """Statement for a Deliverable: park rows that may have been sent since the backup."""
    return (
        "UPDATE {table} SET state = 'parked', lease = NULL, "  # noqa: S608 - our own words
        f"error = '{reason}' WHERE state = 'pending'"
    )


def after_restore(statement: str) -> dict[str, Any]:
    """An entry of `__table_args__`: the statement that a restore runs on `{table}`."""
    return {"info": {_AFTER_RESTORE: statement}}


def columns_of(kind: type[_Type]) -> Iterator[tuple[Table, Column[Any], _Type]]:
    """All columns of that type, with their tables."""
    for table in db.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, kind):
                yield table, column, column.type


def statements_after_restore() -> dict[str, str]:
    """Statements to run after a restore, by table name."""
    return {
        table.name: str(table.info[_AFTER_RESTORE])
        for table in db.metadata.sorted_tables
        if _AFTER_RESTORE in table.info
    }
