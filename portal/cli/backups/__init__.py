"""Backups: taken, kept and brought back."""
