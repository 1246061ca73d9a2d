"""Setting webhooks up, and what becomes of a try."""
