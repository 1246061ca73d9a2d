"""Accounts, their log, API keys, second factors and pending deletions."""
