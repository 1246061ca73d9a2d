"""Owing mails and events, the leases on what is owed, and how tries end."""
