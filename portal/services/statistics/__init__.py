"""Counts tickets by day."""
