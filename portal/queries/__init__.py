"""Reads: rows this actor may see, the columns a page shows, keyset pages. Nothing is changed.

Customer-side reads begin with `tickets.visible_to(actor)`.
"""
