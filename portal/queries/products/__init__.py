"""Syncs of products and their schedules."""
