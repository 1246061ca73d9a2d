"""The outbox, and the state of the mail server."""
