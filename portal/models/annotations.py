"""What a column or a table says of itself to those who look after all of a sort.

The sweep deletes files that no column names, `rotate-keys` moves whatever is encrypted, forgetting
a person empties what is theirs, the copy of a person's data gives them what is, a restore ends what
must not wake up with the copy. Each finds its columns and tables here, from the schema: there is no
list that could be forgotten.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import Column, FromClause, String, Table, Text

from portal.extensions import db

_Type = TypeVar("_Type", bound=String)


class StorageKey(String):
    """The key of a file in the store. A file lives as long as some such column names it.

    The column is called `storage_key`: by that a restore finds it in a copy of any age.
    """

    def __init__(self) -> None:
        super().__init__(64)


class Encrypted(Text):
    """Text under ENCRYPTION_MASTER_KEY (`security.encryption`), in a table whose key is `id`.

    `what` is what people call it, before the row's id.
    """

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__()


class Erasure(StrEnum):
    """What becomes of what a column holds, when the person is forgotten."""

    ROW_GOES = "the row goes"
    BLANKED = "default or nothing"
    BY_RULE = "goes by a rule of its own"
    STAYS = "stays"


def _personal(what: Erasure, why: str = "") -> dict[str, Any]:
    return {_PERSON: (what, why)}


# What stands in `info` of a column that holds something of a person, or points to one.
_PERSON = "forgetting"
# Of a column that points to the person.
ROW_GOES = _personal(Erasure.ROW_GOES)
# Of a column of `users`.
BLANKED = _personal(Erasure.BLANKED)
# A number of somebody who has no name any more.
BARE_NUMBER = _personal(Erasure.STAYS, "a number without a name")
# What was said belongs to the conversation, and so to its organization.
CONVERSATION = _personal(Erasure.STAYS, "belongs to the conversation")


def stays_after_erasure(why: str) -> dict[str, Any]:
    """It may stay."""
    return _personal(Erasure.STAYS, why)


def erased_by_rule(how: str) -> dict[str, Any]:
    """`services.privacy` knows when and how it goes."""
    return _personal(Erasure.BY_RULE, how)


def personal_columns(
    tables: Iterable[Table] | None = None,
) -> Iterator[tuple[Table, Column[Any], Erasure, str]]:
    """Every column that says what becomes of it when a person is erased, and why."""
    for table in db.metadata.sorted_tables if tables is None else tables:
        for column in table.columns:
            if _PERSON in column.info:
                yield table, column, *column.info[_PERSON]


class Export(StrEnum):
    """How the copy of a person's data gives what a column holds."""

    # Of a column that points to the person: the row stands in a file of rows.
    FILE = "file"
    # Of any other column of such a row, and of a row that is given in another form. In tables
    # that are not in the copy it means nothing: columns that many tables share have it, too.
    GIVEN = "given"
    BY_RULE = "in a form of its own"
    LEFT_OUT = "left out"


_EXPORT = "export"


def _exported(how: Export, what: str = "") -> dict[str, Any]:
    return {_EXPORT: (how, what)}


EXPORTED = _exported(Export.GIVEN)
_GIVEN = EXPORTED[_EXPORT]


def exported_as(name: str) -> dict[str, Any]:
    """Of a column that points to the person: their rows are the file of that name."""
    return _exported(Export.FILE, name)


def exported_by_rule(where: str) -> dict[str, Any]:
    """`queries.privacy.personal_data` knows what of it stands where."""
    return _exported(Export.BY_RULE, where)


def not_exported(why: str) -> dict[str, Any]:
    """It does not leave."""
    return _exported(Export.LEFT_OUT, why)


SECRET = not_exported("a secret")
INTERNAL = not_exported("the desk's own bookkeeping")
# Of rows in which somebody did something to what is not theirs.
NOT_THEIRS = not_exported("about others, or the desk")
IN_TICKETS = exported_by_rule("tickets, as customers are told them")


def exports(
    tables: Iterable[Table] | None = None,
) -> Iterator[tuple[Table, Column[Any], Export, str]]:
    """Every column that says how the copy of personal data gives it, with where or why not."""
    for table in db.metadata.sorted_tables if tables is None else tables:
        for column in table.columns:
            if _EXPORT in column.info:
                yield table, column, *column.info[_EXPORT]


def exported_columns(table: FromClause) -> list[Any]:
    """What of a row of the table is given as it is."""
    return [column for column in table.columns if column.info.get(_EXPORT) == _GIVEN]


# What is done to a table of a restored database, before anybody may open it.
DELETE_ALL_ROWS = "DELETE FROM {table}"
_AFTER_RESTORE = "after_restore"


def park_pending(reason: str) -> str:
    """Owed when the copy was made, and maybe sent since: somebody has to decide. For an Owed."""
    return (
        "UPDATE {table} SET state = 'parked', lease = NULL, "  # noqa: S608 - our own words
        f"error = '{reason}' WHERE state = 'pending'"
    )


def after_restore(statement: str) -> dict[str, Any]:
    """An entry of `__table_args__`: what a restore does to the table, named as `{table}`."""
    return {"info": {_AFTER_RESTORE: statement}}


def columns_of(kind: type[_Type]) -> Iterator[tuple[Table, Column[Any], _Type]]:
    """Every column of that type, with its table."""
    for table in db.metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, kind):
                yield table, column, column.type


def statements_after_restore() -> dict[str, str]:
    """Table → the statement that it needs after a restore."""
    return {
        table.name: str(table.info[_AFTER_RESTORE])
        for table in db.metadata.sorted_tables
        if _AFTER_RESTORE in table.info
    }
