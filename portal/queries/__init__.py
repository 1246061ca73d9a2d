"""Read-only queries: rows visible to an actor, columns of a page, keyset pages.

Customer-side queries begin with `tickets.visible_to(actor)`.
"""
