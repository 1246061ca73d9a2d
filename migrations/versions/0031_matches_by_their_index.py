"""Matches by their index

PostgreSQL's planner does not know how long it takes to read a document, and thinks words frequent
that its statistics lack: it walked through all tickets for a rare word. This function asks the
index in any case. Its memory holds where all matches of some ten million tickets are.
"""

from alembic import op

revision = "0031"
down_revision = "0030"

POSTGRESQL_UP = """CREATE FUNCTION search_index_tickets(query tsquery, most integer)
    RETURNS TABLE (rowid bigint) LANGUAGE sql STABLE PARALLEL SAFE
    SET enable_seqscan = off SET enable_indexscan = off SET work_mem = '32MB'
    AS 'SELECT i.rowid FROM search_index AS i WHERE i.words @@ query LIMIT most'"""
POSTGRESQL_DOWN = "DROP FUNCTION search_index_tickets(tsquery, integer)"


def upgrade() -> None:
    _execute(POSTGRESQL_UP)


def downgrade() -> None:
    _execute(POSTGRESQL_DOWN)


def _execute(statement: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(statement)
