"""Full-text search of tickets, alike on both databases. Its details are private to this package.

`matching` makes an expression over terms out of a tree of words; `conditions` asks the index for
it. `documents` are what the index holds of each ticket (docs/decisions/0042).
"""

from portal.queries.tickets.search.conditions import (
    INDEX,
    is_among,
    is_excluded,
    listed,
    matches,
    values,
)
from portal.queries.tickets.search.excerpts import excerpts
from portal.queries.tickets.search.highlighting import Excerpt, Searched, Segments, searched
from portal.queries.tickets.search.matching import Matching, matching
from portal.queries.tickets.search.queries import (
    Query,
    QueryKind,
    condition,
    literal_condition,
    of_words,
    parse,
)
from portal.queries.tickets.search.ranking import RANKED, Ranking, ranking_of
from portal.queries.tickets.search.similar import similar_ids
from portal.queries.tickets.search.spellings import leaves

__all__ = [
    "INDEX",
    "RANKED",
    "Excerpt",
    "Matching",
    "Query",
    "QueryKind",
    "Ranking",
    "Searched",
    "Segments",
    "condition",
    "excerpts",
    "is_among",
    "is_excluded",
    "leaves",
    "listed",
    "literal_condition",
    "matches",
    "matching",
    "of_words",
    "parse",
    "ranking_of",
    "searched",
    "similar_ids",
    "values",
]
