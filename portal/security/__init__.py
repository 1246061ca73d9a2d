"""Permissions, authentication, encryption and the cleaning of input."""
