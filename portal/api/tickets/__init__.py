"""Endpoints of tickets, comments, attachments and statistics."""
