"""How far a move has come: a table in the new database, written with the rows that it tells of."""

import json
from typing import Any

from sqlalchemy import Column, Connection, MetaData, String, Table, Text, delete, insert, select

# Not among the models: it is there during a move alone.
TABLE = Table(
    "database_move",
    MetaData(),
    Column("name", String(100), primary_key=True),
    Column("value", Text, nullable=False),
)
# The key of the desk; the schema's revision; the token of the read-only state; constraints that
# come back at the end; whether all was compared.
DESK, SCHEMA, TOKEN, CONSTRAINTS, VERIFIED = "desk", "schema", "token", "constraints", "verified"


def get(connection: Connection, name: str) -> Any:
    """None when it was never put there."""
    value = connection.scalar(select(TABLE.c.value).where(TABLE.c.name == name))
    return None if value is None else json.loads(value)


def put(connection: Connection, name: str, value: object) -> None:
    connection.execute(delete(TABLE).where(TABLE.c.name == name))
    connection.execute(insert(TABLE).values(name=name, value=json.dumps(value)))


def of_table(table: Table) -> str:
    """The name under which the last copied key of a table stands."""
    return f"table {table.name}"
