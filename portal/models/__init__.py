"""Facts: columns, constraints, enums, predicates over a row's own columns. A file per noun.

A wing for each domain names its nouns; this gathers them, so that all tables are known. No session,
no queue, no mail, no current user; models import `extensions`, `clock`, each other.
"""

from portal.models import (
    delivery,
    operations,
    organizations,
    people,
    privacy,
    tickets,
    webhooks,
)

__all__ = [
    "delivery",
    "operations",
    "organizations",
    "people",
    "privacy",
    "tickets",
    "webhooks",
]
