"""Calling servers whose address somebody typed, and signing what they get."""
