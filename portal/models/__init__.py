"""Models: columns, constraints, enums, and predicates over a row's own columns. A file per noun.

Each domain's package names its nouns; this gathers them so that all tables are known. Models import
`extensions`, `clock` and each other: no session, queue, mail or current user.
"""

from portal.models import (
    assistance,
    delivery,
    inbound,
    operations,
    organizations,
    people,
    privacy,
    products,
    statistics,
    tickets,
    webhooks,
)

__all__ = [
    "assistance",
    "delivery",
    "inbound",
    "operations",
    "organizations",
    "people",
    "privacy",
    "products",
    "statistics",
    "tickets",
    "webhooks",
]
