"""Calls of the language model for pages and API: how many at once, and how one ends."""
