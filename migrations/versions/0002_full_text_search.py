"""Full-text search over the stems of `search_documents`.

SQLite: an FTS5 index that reads its text from the table; plain triggers keep the two together.
The `ascii` tokenizer takes every byte above 127 as a letter, so stems are compared as they are.
PostgreSQL: a generated column of lexemes with a GIN index; no parser looks at the words again.
"""

from alembic import op

revision = "0002"
down_revision = "0001"

SQLITE = (
    """CREATE VIRTUAL TABLE search_index USING fts5(
        public, internal, content='search_documents', content_rowid='ticket_id',
        detail=column, tokenize="ascii tokenchars '_'"
    )""",
    """CREATE TRIGGER search_documents_added AFTER INSERT ON search_documents BEGIN
        INSERT INTO search_index (rowid, public, internal)
        VALUES (new.ticket_id, new.public, new.internal);
    END""",
    """CREATE TRIGGER search_documents_removed AFTER DELETE ON search_documents BEGIN
        INSERT INTO search_index (search_index, rowid, public, internal)
        VALUES ('delete', old.ticket_id, old.public, old.internal);
    END""",
    """CREATE TRIGGER search_documents_changed AFTER UPDATE ON search_documents BEGIN
        INSERT INTO search_index (search_index, rowid, public, internal)
        VALUES ('delete', old.ticket_id, old.public, old.internal);
        INSERT INTO search_index (rowid, public, internal)
        VALUES (new.ticket_id, new.public, new.internal);
    END""",
)
POSTGRESQL = (
    """ALTER TABLE search_documents ADD COLUMN everything tsvector GENERATED ALWAYS AS (
        array_to_tsvector(array_remove(string_to_array(public || ' ' || internal, ' '), ''))
    ) STORED""",
    "CREATE INDEX ix_search_documents_everything ON search_documents USING gin (everything)",
)


def upgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for statement in SQLITE if sqlite else POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in ("added", "removed", "changed"):
            op.execute(f"DROP TRIGGER search_documents_{name}")
        op.execute("DROP TABLE search_index")
    else:
        op.drop_index("ix_search_documents_everything", "search_documents")
        op.drop_column("search_documents", "everything")
