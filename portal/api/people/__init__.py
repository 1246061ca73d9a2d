"""Endpoints of accounts, tokens and keys."""
