"""Accounts: registration, sign-in, credentials, profile and roles."""
