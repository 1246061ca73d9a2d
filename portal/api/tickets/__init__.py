"""Tickets, comments, attachments and their figures."""
