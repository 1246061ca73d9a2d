"""Tickets that come from another system."""
