"""Health, metrics, and entries of both logs."""
