"""Audit log, API log, idempotency keys, key rotation and stored files."""
