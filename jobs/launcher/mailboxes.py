"""Whether there are mailboxes to fetch: if not, `make run` saves the 100 MB of a process for it.

The supervisor has neither the application nor a driver of PostgreSQL: it can only look into SQLite.
"""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from portal.inbound_url import Fetching

_FETCHED = "SELECT 1 FROM mailboxes WHERE way = 'imap' AND is_active LIMIT 1"


def are_wanted(config: Mapping[str, object]) -> bool:
    """False when it is known that nobody has set one up."""
    scheme, _, path = str(config["SQLALCHEMY_DATABASE_URI"]).partition(":///")
    if isinstance(config["INBOUND_URL"], Fetching) or not scheme.startswith("sqlite"):
        return True
    if not Path(path).exists():
        return False
    try:
        with closing(sqlite3.connect(path, timeout=0.1)) as connection:
            return connection.execute(_FETCHED).fetchone() is not None
    except sqlite3.Error:
        return False
