"""Health, metrics, and the pages of both logs."""
