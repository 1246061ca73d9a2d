"""Endpoints about mail that comes in."""
