"""Mail that comes in: mailboxes, what is kept of each message, and what becomes of it."""
