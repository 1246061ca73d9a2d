"""Signing in, accounts, keys and tokens."""
