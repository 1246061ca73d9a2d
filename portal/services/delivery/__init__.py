"""Scheduling mails and events, leases, and the results of tries."""
