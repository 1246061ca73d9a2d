"""The logs."""
