"""Reads of mail that comes in: mailboxes, messages, and the ticket that one belongs to."""
