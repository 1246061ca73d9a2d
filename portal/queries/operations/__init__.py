"""Audit log, API log, heartbeats and the state of background work."""
