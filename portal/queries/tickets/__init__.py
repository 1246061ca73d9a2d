"""Tickets: single, lists, conversation, history, search and counts."""
