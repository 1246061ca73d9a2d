"""Fetching mailboxes: a thread for each, and the crew that starts and ends them.

The program is `jobs.mailboxes`; what is done with a server is in `portal.inbound.imap`.
"""
