"""Exports of personal data, and erasure of accounts."""
