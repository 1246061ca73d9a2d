"""Tickets: one, the queue, a conversation, a history, search and counts."""
