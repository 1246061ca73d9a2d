"""Full-text search of tickets, alike on both databases. Its details are private to this package.

`matching` makes an expression over terms out of a tree of words; `conditions` asks the index for
it. `documents` are what the index holds of each ticket (docs/decisions/0042).
"""

from portal.queries.tickets.search.conditions import (
    INDEX,
    is_among,
    is_excluded,
    matches,
    values,
)
from portal.queries.tickets.search.matching import Matching, matching
from portal.queries.tickets.search.queries import (
    Query,
    QueryKind,
    condition,
    literal_condition,
    of_words,
    parse,
)

__all__ = [
    "INDEX",
    "Matching",
    "Query",
    "QueryKind",
    "condition",
    "is_among",
    "is_excluded",
    "literal_condition",
    "matches",
    "matching",
    "of_words",
    "parse",
    "values",
]
