"""Which tickets a list shows: filters, conditions, order, pages and counts."""
