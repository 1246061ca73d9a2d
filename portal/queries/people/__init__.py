"""Accounts, their log, their keys and factors, and who is about to leave."""
