"""Wildberries: cards of the content API, prices, and stocks of the seller's own warehouses."""
