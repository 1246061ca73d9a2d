"""Full-text search

Both databases get `search_index` with the columns that portal.queries.tickets.search asks for: a
virtual table of FTS5 in one, a view over a generated column with a GIN index in the other.

Revision ID: 0002
Revises: 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# The documents are words with spaces between them, so ASCII separators suffice; "_" begins marks.
# Only whether a word is there is asked for: positions, columns and sizes are left out.
SQLITE_UP = (
    """CREATE VIRTUAL TABLE search_index USING fts5(
        public, internal, content='search_documents', content_rowid='ticket_id',
        tokenize="ascii tokenchars '_'", detail=none, columnsize=0)""",
    """CREATE TRIGGER search_index_insert AFTER INSERT ON search_documents BEGIN
        INSERT INTO search_index (rowid, public, internal)
        VALUES (new.ticket_id, new.public, new.internal);
    END""",
    """CREATE TRIGGER search_index_delete AFTER DELETE ON search_documents BEGIN
        INSERT INTO search_index (search_index, rowid, public, internal)
        VALUES ('delete', old.ticket_id, old.public, old.internal);
    END""",
    """CREATE TRIGGER search_index_update AFTER UPDATE ON search_documents BEGIN
        INSERT INTO search_index (search_index, rowid, public, internal)
        VALUES ('delete', old.ticket_id, old.public, old.internal);
        INSERT INTO search_index (rowid, public, internal)
        VALUES (new.ticket_id, new.public, new.internal);
    END""",
    "INSERT INTO search_index (search_index) VALUES ('rebuild')",
)
SQLITE_DOWN = (
    "DROP TRIGGER search_index_update",
    "DROP TRIGGER search_index_delete",
    "DROP TRIGGER search_index_insert",
    "DROP TABLE search_index",
)
# The statistics have to know rare words too: for a word that they lack the planner would rather
# walk through the tickets from the newest on until it has found a page of it.
POSTGRESQL_UP = (
    """ALTER TABLE search_documents ADD COLUMN search_index tsvector GENERATED ALWAYS AS (
        array_to_tsvector(string_to_array(public, ' ') || string_to_array(internal, ' '))
    ) STORED""",
    "ALTER TABLE search_documents ALTER COLUMN search_index SET STATISTICS 500",
    "CREATE INDEX search_index_words ON search_documents USING gin (search_index)"
    " WITH (gin_pending_list_limit = 256)",
    """CREATE VIEW search_index AS
        SELECT ticket_id AS rowid, search_index AS words FROM search_documents""",
)
POSTGRESQL_DOWN = (
    "DROP VIEW search_index",
    "DROP INDEX search_index_words",
    "ALTER TABLE search_documents DROP COLUMN search_index",
)


def upgrade() -> None:
    _execute(SQLITE_UP, POSTGRESQL_UP)


def downgrade() -> None:
    _execute(SQLITE_DOWN, POSTGRESQL_DOWN)


def _execute(sqlite: tuple[str, ...], postgresql: tuple[str, ...]) -> None:
    name = op.get_bind().dialect.name
    for statement in sqlite if name == "sqlite" else postgresql:
        op.execute(statement)
