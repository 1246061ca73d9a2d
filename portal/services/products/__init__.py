"""Fetching products from marketplaces, and the schedules of it."""
